// The small parts that every page is made of.
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { ApiError } from './api';
import { type Loaded, useNow } from './hooks';
import { type Scope, useMay } from './may';
import { ago, instantText, local, span } from './text';

// `isPage`: it is what the page is about, and its title the page's heading.
export function Card({ title, aside, children, isPage }: { title?: string; aside?: ReactNode; children: ReactNode; isPage?: boolean }) {
  const Heading = isPage ? 'h1' : 'h2';
  return (
    <section className="card">
      {title && (
        <header>
          <Heading><bdi>{title}</bdi></Heading>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}

export function When({ at }: { at: string }) {
  const now = useNow(10);
  return (
    <time dateTime={at} title={instantText(Date.parse(at))}>
      {ago(at, now)}
    </time>
  );
}

// How long it has gone on, or went on.
export function For({ since, until }: { since: string; until?: string | null }) {
  const now = useNow(10);
  const passed = (until ? Date.parse(until) : now) - Date.parse(since);
  return <time dateTime={since} title={`since ${instantText(Date.parse(since))}`}>{span(passed < 60_000 ? passed : Math.floor(passed / 60_000) * 60_000)}</time>;
}

export const Until = ({ at }: { at: string }) => <time dateTime={at} title={instantText(Date.parse(at))}>{local(at)}</time>;

export const Badge = ({ kind, children }: { kind: string; children: ReactNode }) => <span className={`badge ${kind}`}>{children}</span>;

export function Waiting<T>({ loaded, children, empty }: { loaded: Loaded<T>; children: (data: T) => ReactNode; empty?: string }) {
  const now = useNow(5);
  if (loaded.data === null && loaded.error) return <Trouble error={loaded.error} retry={loaded.reload} />;
  if (loaded.data === null) return <p className="empty" data-loading>{empty ?? 'Loading …'}</p>;
  const isStale = loaded.error !== null && now - loaded.at > 15_000;
  return (
    <div className={isStale ? 'stale' : undefined}>
      {isStale && <p className="note">{loaded.error?.message} What you see is {span(now - loaded.at)} old.</p>}
      {children(loaded.data)}
    </div>
  );
}

export function Trouble({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <p className="trouble" role="alert">
      {error.status === 403 ? `${error.message} Log in with a token that has it.` : error.message}{' '}
      {retry && error.status !== 404 && <button onClick={retry}>Try again</button>}
    </p>
  );
}

// A button that asks before it does what cannot be undone, and says what went wrong.
// `needs`: without that scope it is not offered.
export function Act({ name, confirm, run, done, kind, needs }: { name: string; confirm?: string; run: () => Promise<unknown>; done?: () => void; kind?: string; needs?: Scope }) {
  const may = useMay();
  const [state, setState] = useState<'idle' | 'asking' | 'busy'>('idle');
  const [error, setError] = useState<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  // Who was asked comes back to the button: the question that had the focus is gone.
  const wasAsked = useRef(false);
  useEffect(() => {
    if (wasAsked.current && state !== 'asking') button.current?.focus();
    wasAsked.current = state === 'asking';
  }, [state]);
  const go = async () => {
    setState('busy');
    setError(null);
    try {
      await run();
      done?.();
    } catch (wrong) {
      setError(wrong instanceof Error ? wrong.message : String(wrong));
    }
    setState('idle');
  };
  if (needs && !may(needs)) return null;
  if (state === 'asking')
    return (
      <span className="asking" role="group" aria-label={confirm}>
        {confirm} <button className="danger" onClick={go}>{name}</button> <button ref={focused} onClick={() => setState('idle')}>Keep</button>
      </span>
    );
  return (
    <>
      <button ref={button} className={kind} aria-disabled={state === 'busy'} onClick={() => state === 'idle' && (confirm ? setState('asking') : void go())}>
        {state === 'busy' ? '…' : name}
      </button>
      {error && <span className="trouble" role="alert">{error}</span>}
    </>
  );
}

// Stays the same from one picture to the next, so that it is called once.
const focused = (node: HTMLElement | null): void => node?.focus();

// A number that must be there: while it is half typed the last whole one counts, and stands there again when one leaves.
export function Figure({ value, onDone, ...rest }: { value: number; onDone: (value: number) => void } & Omit<React.ComponentProps<'input'>, 'value' | 'onChange'>) {
  const [text, setText] = useState<string | null>(null);
  const typed = ({ value: typed, valueAsNumber }: HTMLInputElement) => {
    setText(typed);
    if (Number.isFinite(valueAsNumber)) onDone(valueAsNumber);
  };
  return <input {...rest} type="number" value={text ?? value} onChange={(event) => typed(event.target)} onBlur={() => setText(null)} />;
}

export function Field({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    <label className="field">
      <span>{label}{hint && <small aria-hidden> · {hint}</small>}</span>
      {children}
    </label>
  );
}

// A text that counts once one stops typing: what is half typed is nothing to ask the service about.
export function Typed({ value, onDone, ...rest }: { value: string; onDone: (text: string) => void } & Omit<React.ComponentProps<'input'>, 'value' | 'onChange'>) {
  const [text, setText] = useState(value);
  const latest = useRef(onDone);
  latest.current = onDone;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => latest.current(text), 400);
    return () => clearTimeout(timer);
  }, [text, value]);
  return <input {...rest} value={text} onChange={(event) => setText(event.target.value)} onBlur={() => text !== value && onDone(text)} />;
}

export const Acts = () => <th><span className="sr">What can be done</span></th>;
