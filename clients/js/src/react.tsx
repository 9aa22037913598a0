// React: the system's health as a hook and as a component. In a browser, ask your own server and let it add the token.
'use client';
import { useCallback, useEffect, useRef, useState, type ReactElement } from 'react';
import type { SystemHealth } from './types.js';

export type { HealthCheck, SystemHealth } from './types.js';

export interface HealthOptions {
  /** Where health is asked for; `/api/monitoring/health/system` of the page's own server. */
  url?: string;
  /** Headers of the request, where the page itself holds a token. */
  headers?: Record<string, string>;
  /** Milliseconds between looks; 30000. */
  interval?: number;
}

export interface HealthState {
  /** The last answer; kept, with `error` set, when a later look fails. Null until there is one. */
  health: SystemHealth | null;
  error: Error | null;
  /** Look again now. */
  refresh: () => void;
}

/** The system's health, looked at again and again while the component is there. */
export function useSystemHealth(options: HealthOptions = {}): HealthState {
  const { url = '/api/monitoring/health/system', interval = 30_000 } = options;
  const headers = JSON.stringify(options.headers ?? {}); // a new object each time it is drawn is no news
  const [state, setState] = useState<Omit<HealthState, 'refresh'>>({ health: null, error: null });
  const look = useRef(() => {});

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking: AbortController | undefined;
    look.current = () => {
      clearTimeout(timer);
      asking?.abort();
      const stop = (asking = new AbortController());
      read(url, JSON.parse(headers) as Record<string, string>, stop.signal)
        .then(
          health => ({ health, error: null }),
          (error: unknown) => ({ error: error instanceof Error ? error : new Error(String(error)) }),
        )
        .then(news => {
          if (stop.signal.aborted) return;
          setState(before => ({ ...before, ...news }));
          timer = setTimeout(() => look.current(), interval);
        });
    };
    look.current();
    return () => {
      clearTimeout(timer);
      asking?.abort();
    };
  }, [url, headers, interval]);

  const refresh = useCallback(() => look.current(), []);
  return { ...state, refresh };
}

/** The specification's dashboard, with what its first draft leaves open: errors, and values that are 0. */
export function SystemHealthDashboard(options: HealthOptions): ReactElement {
  const { health, error } = useSystemHealth(options);
  const trouble = error && <p role="alert">Health cannot be read: {error.message}</p>;
  if (!health) return trouble || <div>Loading...</div>;
  return (
    <section className="system-health-dashboard" aria-live="polite">
      <h2>System Health: {health.status}</h2>
      {trouble}
      {health.checks.map(check => (
        <div key={check.name} className={`health-check ${check.status}`}>
          <h3>{check.name}</h3>
          <p>{check.message}</p>
          {check.value != null && <span>Value: {check.value}</span>}
          {check.threshold != null && <span>Threshold: {check.threshold}</span>}
        </div>
      ))}
    </section>
  );
}

async function read(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<SystemHealth> {
  const response = await fetch(url, { headers: { Accept: 'application/json', ...headers }, signal });
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  return (await response.json()) as SystemHealth;
}
