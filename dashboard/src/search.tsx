// Jump anywhere by typing: pages, hosts, metrics, rules. "/" or Ctrl-K opens it, arrows choose, Enter goes.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Host, Rule } from './api';
import { useApi } from './hooks';
import { link } from './route';

type Place = { kind: string; name: string; href: string };
const MOST = 12;

export function Search({ pages }: { pages: readonly (readonly [string, string])[] }) {
  const [isOpen, setIsOpen] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if ((event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey) || (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        setIsOpen(true);
      }
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  return (
    <>
      <button className="search" onClick={() => setIsOpen(true)} aria-keyshortcuts="/">Search <kbd>/</kbd></button>
      <dialog ref={dialog} aria-label="Search" onClose={() => setIsOpen(false)} onClick={(event) => event.target === dialog.current && dialog.current.close()}>
        {isOpen && <Finder pages={pages} close={() => dialog.current?.close()} />}
      </dialog>
    </>
  );
}

function Finder({ pages, close }: { pages: readonly (readonly [string, string])[]; close: () => void }) {
  const hosts = useApi<{ hosts: Host[] }>('/hosts');
  const metrics = useApi<{ metrics: { metricType: string }[] }>('/metrics/catalog');
  const rules = useApi<{ rules: Rule[] }>('/alerts/rules');
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const places = useMemo((): Place[] => [
    ...pages.map(([path, name]) => ({ kind: 'page', name, href: `#/${path}` })),
    ...(hosts.data?.hosts ?? []).map(({ name }) => ({ kind: 'host', name, href: link('hosts', name) })),
    ...(metrics.data?.metrics ?? []).map(({ metricType }) => ({ kind: 'metric', name: metricType, href: `#/explore?${new URLSearchParams({ metricType })}` })),
    ...(rules.data?.rules ?? []).map(({ id, name }) => ({ kind: 'rule', name, href: link('rules', id) })),
  ], [pages, hosts.data, metrics.data, rules.data]);
  const found = matching(places, text).slice(0, MOST);
  const chosen = Math.min(at, found.length - 1);
  const go = (place: Place | undefined) => {
    if (!place) return;
    location.hash = place.href;
    close();
  };
  const pressed = (event: React.KeyboardEvent) => {
    if (event.key === 'Enter') go(found[chosen]);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    setAt((chosen + step + found.length) % Math.max(1, found.length));
  };
  return (
    <div onKeyDown={pressed}>
      <input autoFocus type="search" role="combobox" aria-label="Page, host, metric or rule" aria-expanded aria-controls="found" aria-activedescendant={found.length ? `found-${chosen}` : undefined}
        placeholder="Page, host, metric or rule" value={text} onChange={(event) => { setText(event.target.value); setAt(0); }} />
      <ul id="found" role="listbox" aria-label="What was found">
        {found.map((place, index) => (
          <li key={place.kind + place.href} id={`found-${index}`} role="option" aria-selected={index === chosen} onClick={() => go(place)} onMouseMove={() => index !== chosen && setAt(index)}>
            <bdi>{place.name}</bdi> <small>{place.kind}</small>
          </li>
        ))}
      </ul>
      {!found.length && <p className="empty">Nothing is called that. Of hosts and metrics the first pages are searched.</p>}
    </div>
  );
}

// What begins with the words comes before what has them somewhere.
function matching(places: Place[], text: string): Place[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = places.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  return words.length ? fits.sort((a, b) => Number(b.name.toLowerCase().startsWith(words[0]!)) - Number(a.name.toLowerCase().startsWith(words[0]!))) : fits;
}
