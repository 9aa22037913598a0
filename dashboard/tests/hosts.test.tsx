// Hosts as a table: what each is doing now, and what is no longer of now.
import { cleanup, render, screen } from '@testing-library/preact';
import { afterEach, expect, test, vi } from 'vitest';
import type { Found, Host } from '../src/api';
import { Hosts } from '../src/pages/hosts';
import { Overview } from '../src/pages/overview';
import { serve } from './server';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const MINUTE = 60_000;
const NONE = { data: { alerts: [] }, error: null, at: 0, reload: () => {} };
const host = (name: string, more: Partial<Host> = {}) => ({ name, state: 'up', lastSeen: new Date().toISOString(), interval: 10, os: null, cores: null, memory: null, ...more }) as Host;

// The newest value of each host so many minutes before what the service takes for now, whose clock is an hour ahead of the browser's.
function measured(ages: Record<string, number>): Found {
  const end = Date.now() + 60 * MINUTE;
  const series = Object.entries(ages).map(([name, age]) => ({ tags: { host: name }, points: [[end - (age + 1) * MINUTE, 40], [end, null]] as [number, number | null][] }));
  return { metricType: 'cpu_usage', unit: 'percent', step: 60, tier: 'raw', from: '', to: new Date(end).toISOString(), series };
}

test('a figure that is older than a few intervals of its host says how old it is', async () => {
  const query = (metricType: string, aggregation: string) => `/metrics/query?${new URLSearchParams({ metricType, aggregation, groupBy: 'host', from: '-15m', step: '60s', fill: 'null' })}`;
  serve({
    '/hosts': [{ body: { hosts: [host('fresh'), host('silent', { state: 'late' }), host('slow', { interval: 300 })], next: null, counts: { up: 2, late: 1, down: 0 } } }],
    [query('cpu_usage', 'avg')]: [{ body: measured({ fresh: 0, silent: 7, slow: 7 }) }],
    [query('memory_usage', 'avg')]: [{ body: measured({}) }],
    [query('disk_usage', 'max')]: [{ body: measured({}) }],
  });
  render(<Hosts active={NONE} />);
  await screen.findAllByText('40%');
  const cells = ['fresh', 'silent', 'slow'].map((name) => screen.getByText(name).closest('tr')!.querySelector('[data-name=CPU]')!.textContent);
  expect(cells).toEqual(['40%', '40%7 min old', '40%']);
});

test('a host that is down stands before all that are up, also where the first page of hosts does not reach it', async () => {
  const up = Array.from({ length: 100 }, (_, place) => host(`a-${place}`));
  const counts = { up: 148, late: 1, down: 1 };
  const { asked } = serve({
    '/hosts': [{ body: { hosts: up, next: 'a-99', counts } }],
    '/hosts?state=down,late': [{ body: { hosts: [host('x', { state: 'late' }), host('z', { state: 'down' })], next: null, counts } }],
    '/health/system': [{ body: { status: 'healthy', checks: [] } }], '/health/history?from=-1h': [{ body: { minutes: [] } }], '/silences': [{ body: { silences: [] } }],
  });
  render(<Overview active={NONE} />);
  await screen.findByText('z');
  expect([...document.querySelectorAll('.hosts bdi')].slice(0, 3).map((each) => each.textContent)).toEqual(['z', 'x', 'a-0']);
  expect(['1 down', '1 late', '148 up', 'and 126 more'].map((text) => screen.getByText(text).tagName)).toHaveLength(4);
  expect(asked.filter((each) => each.includes('/hosts?'))).toHaveLength(1);
});
