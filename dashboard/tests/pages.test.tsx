// What pages tell: what is wrong and since when, who has an alert, which way a figure went, where one can go.
import { act, cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, expect, test, vi } from 'vitest';
import { AlertRow, byUrgency } from '../src/alert_row';
import type { Alert, Health, Minute, Silence } from '../src/api';
import { HealthCard } from '../src/health';
import { Scopes } from '../src/may';
import { Login } from '../src/login';
import { Channels } from '../src/pages/channels';
import { Overview } from '../src/pages/overview';
import { Reports } from '../src/pages/reports';
import { Search } from '../src/search';
import { choose } from './choose';
import { serve } from './server';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  location.hash = '';
});

const minutesAgo = (count: number) => new Date(Date.now() - count * 60_000).toISOString();
const alert = {
  id: 'a1', ruleId: 'r1', ruleName: 'Hot', severity: 'high', state: 'firing', tags: { host: 'web-1' }, message: 'Hot on web-1', pendingSince: minutesAgo(30), firedAt: minutesAgo(25),
  acknowledgedAt: null, acknowledgedBy: null, resolvedAt: null,
} as unknown as Alert;

test('what is wrong comes first, with how long it has been', () => {
  const health: Health = { status: 'critical', checks: [{ name: 'Response Time', status: 'pass', message: 'fine' }, { name: 'CPU Usage', status: 'fail', message: 'CPU usage: 99% on web-1' }, { name: 'Valkey', status: 'pass', message: 'Valkey answers' }] };
  const minute = (ago: number, status: 'pass' | 'fail'): Minute => ({ at: minutesAgo(ago), status: status === 'pass' ? 'healthy' : 'critical', checks: [{ name: 'CPU Usage', status }] });
  const { container } = render(<HealthCard health={health} minutes={[minute(20, 'fail'), minute(13, 'pass'), minute(12, 'fail'), minute(1, 'fail')]} />);
  expect(screen.getByRole('heading', { level: 1 }).textContent).toContain('Something is broken');
  expect([...container.querySelectorAll('.checks li')].map((each) => each.className)).toEqual(['fail', 'pass']);
  expect(container.querySelector('.checks .fail')?.textContent).toBe('CPU UsagefailCPU usage: 99% on web-1for 12 min');
  expect(container.querySelector('.own')?.textContent).toContain('Valkey');
  // A screen reader is told when that changes, not every figure every five seconds.
  expect([...container.querySelectorAll('[aria-live]')].map((each) => each.tagName)).toEqual(['H1']);
});

test('an alert says since when and who has it; a silence that covers it is named', () => {
  const silence = { ruleId: 'r1', tags: { host: 'web-1' }, metricType: null, severity: null, startsAt: minutesAgo(5), endsAt: minutesAgo(-60) } as unknown as Silence;
  const { container, rerender } = render(<AlertRow alert={alert} silences={[{ ...silence, tags: { host: 'web-2' } }]} done={() => {}} />);
  expect(container.querySelector('p')?.textContent).toBe('firing for 25 min · nobody has taken it');
  rerender(<AlertRow alert={{ ...alert, acknowledgedAt: minutesAgo(1), acknowledgedBy: 'Ada', acknowledgementComment: 'on it' }} silences={[silence]} done={() => {}} />);
  expect(container.querySelector('p')?.textContent).toMatch(/taken by Ada: on it · silenced until/);
  expect(screen.queryByLabelText('Silence for')).toBeNull();
});

test('an alert is silenced in two clicks', async () => {
  const { sent } = serve({ '/silences': [{ status: 201, body: {} }] });
  const done = vi.fn();
  render(<AlertRow alert={alert} done={done} />);
  choose(screen.getByLabelText('Silence for'), '60');
  await screen.findByText('silenced');
  expect(sent).toMatchObject([{ ruleId: 'r1', tags: { host: 'web-1' } }]);
  expect(done).toHaveBeenCalledOnce();
});

test('a silence that failed says why, and can be tried again', async () => {
  serve({ '/silences': [{ status: 503, body: { detail: 'PostgreSQL does not answer.' } }, { status: 201, body: {} }] });
  render(<AlertRow alert={alert} done={() => {}} />);
  choose(screen.getByLabelText('Silence for'), '60');
  await screen.findByText('PostgreSQL does not answer.');
  choose(screen.getByLabelText('Silence for'), '60');
  await screen.findByText('silenced');
});

test('the worst that nobody has taken comes first', () => {
  const of = (id: string, severity: string, acknowledgedAt: string | null = null) => ({ ...alert, id, severity, acknowledgedAt });
  expect(byUrgency([of('low', 'low'), of('taken', 'critical', minutesAgo(1)), of('worst', 'critical')]).map((each) => each.id)).toEqual(['worst', 'low', 'taken']);
});

test('what a session may not do is not offered', () => {
  render(<Scopes.Provider value={['read']}><AlertRow alert={alert} done={() => {}} /></Scopes.Provider>);
  expect(screen.queryAllByRole('button')).toEqual([]);
  expect(screen.queryByLabelText('Silence for')).toBeNull();
});

test('a figure that fell is told as one that fell', async () => {
  const trends = [{ metricType: 'throughput', trend: 'decreasing', changePercent: 48.5, judgement: 'worse', previous: 200, current: 103 }];
  const report = { verdict: 'needs attention', startDate: '2026-01-01T00:00:00Z', endDate: '2026-01-02T00:00:00Z', metrics: { throughput: 103 }, trends, notes: [], alerts: [], recommendationDetails: [], slowestEndpoints: [], previousPeriod: {} };
  vi.stubGlobal('IntersectionObserver', class { observe() {} disconnect() {} });
  serve({ '/reports/performance?period=daily': [{ body: report }], '/reports/schedules': [{ body: { schedules: [] } }], '/reports': [{ body: { reports: [] } }] });
  render(<Reports />);
  expect((await screen.findByText(/48\.5%/)).textContent).toBe('−48.5% worse');
});

test('a test message says what came of it', async () => {
  const channel = { id: 'c1', name: 'hook', type: 'webhook', enabled: true, config: { host: 'example.org' }, disabledReason: null, lastError: null, lastSentAt: null };
  serve({
    '/channels': [{ body: { channels: [channel] } }], '/notifications': [{ body: { notifications: [] } }], '/alerts/rules': [{ body: { rules: [] } }],
    '/channels/c1/test': [{ status: 202, body: { notificationId: 'n1' } }], '/notifications/n1': [{ body: { state: 'failed', error: 'example.org answered 404.', reason: 'test' } }],
  });
  render(<Channels />);
  const send = await screen.findByText('Send a test');
  await act(async () => send.click());
  expect(await screen.findByText('example.org answered 404.')).toBeTruthy();
});

test('a session that has ended says so, and one that never was does not', () => {
  const { rerender } = render(<Login isOver done={() => {}} />);
  expect(screen.getByRole('status').textContent).toContain('has ended');
  rerender(<Login isOver={false} done={() => {}} />);
  expect(screen.queryByRole('status')).toBeNull();
});

test('a slash opens the search, and Enter goes to what the arrows chose', async () => {
  serve({ '/hosts': [{ body: { hosts: [{ name: 'web-1' }, { name: 'web-2' }] } }], '/metrics/catalog': [{ body: { metrics: [{ metricType: 'web_requests' }] } }], '/alerts/rules': [{ body: { rules: [] } }] });
  render(<Search pages={[['hosts', 'Hosts']]} />);
  act(() => void fireEvent.keyDown(document.body, { key: '/' }));
  const field = await screen.findByRole('combobox');
  await screen.findByText('web-2');
  fireEvent.input(field, { target: { value: 'web' } });
  fireEvent.keyDown(field, { key: 'ArrowDown' });
  fireEvent.keyDown(field, { key: 'Enter' });
  expect(location.hash).toBe('#/hosts/web-2');
});

test('of more alerts than a page has, it is said that there are more', async () => {
  serve({
    '/health/system': [{ body: { status: 'critical', checks: [] } }], '/health/history?from=-1h': [{ body: { minutes: [] } }], '/hosts': [{ body: { hosts: [], next: null, counts: { up: 0, late: 0, down: 0 } } }],
    '/silences': [{ body: { silences: [] } }], '/metrics/catalog': [{ body: { metrics: [] } }],
  });
  const alerts = Array.from({ length: 100 }, (_, place) => ({ ...alert, id: `a${place}` }));
  const active = (next: string | null) => ({ data: { alerts, next }, error: null, at: Date.now(), reload: () => {} });
  const { rerender } = render(<Overview active={active('c')} />);
  expect(await screen.findByText('and 92+ more')).toBeTruthy();
  rerender(<Overview active={active(null)} />);
  expect(screen.getByText('and 92 more')).toBeTruthy();
});
