// The small parts that every page is made of.
import { type ReactNode, useState } from 'react';
import { ApiError, type Alert, call, type Found, type Query, queryPath } from './api';
import { Chart } from './chart';
import { type Loaded, useApi, useNow } from './hooks';
import { ago, local, tagsText } from './text';

export function Card({ title, aside, children, wide }: { title?: string; aside?: ReactNode; children: ReactNode; wide?: boolean }) {
  return (
    <section className={wide ? 'card wide' : 'card'}>
      {title && (
        <header>
          <h2>{title}</h2>
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
    <time dateTime={at} title={`${local(at)} (${at})`}>
      {ago(at, now)}
    </time>
  );
}

export const Badge = ({ kind, children }: { kind: string; children: ReactNode }) => <span className={`badge ${kind}`}>{children}</span>;

export function Waiting<T>({ loaded, children, empty }: { loaded: Loaded<T>; children: (data: T) => ReactNode; empty?: string }) {
  const now = useNow(5);
  if (loaded.data === null && loaded.error) return <Trouble error={loaded.error} retry={loaded.reload} />;
  if (loaded.data === null) return <p className="empty" data-loading>{empty ?? 'Loading …'}</p>;
  const isStale = loaded.error !== null && now - loaded.at > 15_000;
  return (
    <div className={isStale ? 'stale' : undefined}>
      {isStale && <p className="note">{loaded.error?.message} What you see is {ago(new Date(loaded.at).toISOString(), now)}.</p>}
      {children(loaded.data)}
    </div>
  );
}

export function Trouble({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <p className="trouble" role="alert">
      {error.status === 403 ? `${error.message} Log in with a token that has it.` : error.message}{' '}
      {retry && <button onClick={retry}>Try again</button>}
    </p>
  );
}

export function Metric({ title, query, threshold, height, every = 10 }: { title: string; query: Query; threshold?: number | null; height?: number; every?: number }) {
  const loaded = useApi<Found>(queryPath(query), every);
  return (
    <Card title={title} aside={<a href={exploreLink(query)}>explore</a>}>
      <Waiting loaded={loaded}>{(found) => <Chart found={found} threshold={threshold} height={height} label={title} />}</Waiting>
    </Card>
  );
}

export const exploreLink = (query: Query): string => `#/explore?${new URLSearchParams(query as Record<string, string>)}`;

// A button that asks before it does what cannot be undone, and says what went wrong.
export function Act({ name, confirm, run, done, kind }: { name: string; confirm?: string; run: () => Promise<unknown>; done?: () => void; kind?: string }) {
  const [state, setState] = useState<'idle' | 'asking' | 'busy'>('idle');
  const [error, setError] = useState<string | null>(null);
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
  if (state === 'asking')
    return (
      <span className="asking" role="group" aria-label={confirm}>
        {confirm} <button className="danger" onClick={go}>{name}</button> <button onClick={() => setState('idle')}>Keep</button>
      </span>
    );
  return (
    <>
      <button className={kind} disabled={state === 'busy'} onClick={() => (confirm ? setState('asking') : void go())}>
        {state === 'busy' ? '…' : name}
      </button>
      {error && <span className="trouble" role="alert">{error}</span>}
    </>
  );
}

export function AlertRow({ alert, done }: { alert: Alert; done: () => void }) {
  const hour = () => new Date(Date.now() + 3_600_000).toISOString();
  return (
    <li className={`alert ${alert.severity} ${alert.state}`}>
      <div>
        <Badge kind={alert.state === 'resolved' ? 'quiet' : alert.severity}>{alert.state === 'firing' ? alert.severity : alert.state}</Badge>{' '}
        <a href={`#/alerts/${encodeURIComponent(alert.id)}`}><bdi>{alert.message}</bdi></a>
        <p>
          <bdi>{tagsText(alert.tags)}</bdi> {alert.state === 'resolved' ? 'resolved' : 'began'} <When at={alert.resolvedAt ?? alert.firedAt ?? alert.pendingSince} />
          {alert.resolvedReason && ` · ${alert.resolvedReason.replace('_', ' ')}`}
          {alert.acknowledgedBy && !alert.resolvedAt && <> · taken by <bdi>{alert.acknowledgedBy}</bdi></>}
        </p>
      </div>
      {alert.state !== 'resolved' && (
        <div className="acts">
          {!alert.acknowledgedAt && <Act name="Acknowledge" run={() => call('POST', `/alerts/${alert.id}/acknowledge`, {})} done={done} />}
          <Act name="Silence 1 h" run={() => call('POST', '/silences', { ruleId: alert.ruleId, tags: alert.tags, endsAt: hour(), comment: 'from the dashboard' })} done={done} />
          <Act name="Resolve" confirm="Resolve by hand?" run={() => call('POST', `/alerts/${alert.id}/resolve`, {})} done={done} />
        </div>
      )}
    </li>
  );
}

export function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className="field">
      <span>{label}</span>
      {children}
    </label>
  );
}
