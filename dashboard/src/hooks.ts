// What pages share: polling that never piles up and says when its answer is old; the time; how wide a part is.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, get } from './api';

const RETRY = 5; // seconds
const SLOW = 10; // seconds without an answer, after which what one sees counts as old

export type Loaded<T> = { data: T | null; error: ApiError | null; at: number; reload: () => void };

export function useApi<T>(path: string | null, everySeconds = 0): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: ApiError | null; at: number; path: string | null }>({
    data: null, error: null, at: 0, path: null,
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === null) return;
    let isOver = false;
    let timer = 0;
    let failed = 0;
    let slow = 0;
    const unanswered = () => setState((before) => (before.path === path && before.data !== null ? { ...before, error: new ApiError(0, `The service has not answered for ${SLOW} s.`) } : before));
    const ask = async () => {
      slow = window.setTimeout(unanswered, SLOW * 1000);
      try {
        const data = await get<T>(path);
        failed = 0;
        if (!isOver) setState({ data, error: null, at: Date.now(), path });
      } catch (error) {
        const told = error instanceof ApiError ? error : new ApiError(0, String(error));
        failed = told.status === 0 || told.status >= 500 || told.status === 429 ? failed + 1 : 0;
        if (!isOver) setState((before) => ({ ...before, data: before.path === path ? before.data : null, error: told, path }));
      }
      clearTimeout(slow);
      // What failed for now is asked again, also where nothing else would; ever more rarely. A page in the background costs the service nothing.
      const seconds = failed ? Math.min(RETRY * 2 ** (failed - 1), 20) : everySeconds;
      if (!isOver && seconds) timer = window.setTimeout(() => (document.hidden ? wait() : void ask()), seconds * 1000);
    };
    const wait = () => document.addEventListener('visibilitychange', () => void (isOver || ask()), { once: true });
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
      clearTimeout(slow);
    };
  }, [path, everySeconds, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const isCurrent = state.path === path;
  return { data: isCurrent ? state.data : null, error: isCurrent ? state.error : null, at: state.at, reload };
}

// While the next answer is on its way the last one stands: what is below it does not jump away from under the pointer.
export function useKept<T>(loaded: Loaded<T>): Loaded<T> {
  const last = useRef<T | null>(null);
  if (loaded.data !== null) last.current = loaded.data;
  return { ...loaded, data: loaded.error ? loaded.data : (loaded.data ?? last.current) };
}

export function useNow(everySeconds: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everySeconds * 1000);
    return () => clearInterval(timer);
  }, [everySeconds]);
  return now;
}

// A part and its width, also of one that comes later or anew.
export function useSize(): [(node: HTMLDivElement | null) => void, HTMLDivElement | null, number] {
  const [node, setNode] = useState<HTMLDivElement | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!node) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(node);
    return () => observer.disconnect();
  }, [node]);
  return [setNode, node, width];
}
