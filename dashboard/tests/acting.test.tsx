// What one does: asked before it is done, told when it went wrong; and the link that keeps what one looks at.
import { act, cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, expect, test, vi } from 'vitest';
import { call } from '../src/api';
import { Explore } from '../src/pages/explore';
import { forget, isRemembered, lastKnown, remember } from '../src/session';
import { Act, Typed } from '../src/ui';
import { serve } from './server';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  location.hash = '';
});

test('what cannot be undone is asked for first, and may be kept', async () => {
  const run = vi.fn(async () => undefined);
  render(<Act name="Delete" confirm="Really?" run={run} />);
  act(() => screen.getByText('Delete').click());
  act(() => screen.getByText('Keep').click());
  expect(run).not.toHaveBeenCalled();
  act(() => screen.getByText('Delete').click());
  await act(async () => screen.getByText('Delete').click());
  expect(run).toHaveBeenCalledOnce();
});

test('what went wrong is said beside the button, which can be pressed again', async () => {
  render(<Act name="Save" run={async () => { throw new Error('name: is taken.'); }} />);
  await act(async () => screen.getByText('Save').click());
  expect(screen.getByRole('alert').textContent).toBe('name: is taken.');
  expect((screen.getByText('Save') as HTMLButtonElement).disabled).toBe(false);
});

test('a text counts once, when one has stopped typing', () => {
  vi.useFakeTimers();
  const done = vi.fn();
  render(<Typed value="" aria-label="Metric" onDone={done} />);
  for (const text of ['c', 'cp', 'cpu']) fireEvent.input(screen.getByLabelText('Metric'), { target: { value: text } });
  expect(done).not.toHaveBeenCalled();
  act(() => void vi.advanceTimersByTime(400));
  expect(done.mock.calls).toEqual([['cpu']]);
});

test('the address keeps what one explores, and a link shows it again', async () => {
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} });
  const query = '/metrics/query?metricType=cpu_usage&from=-1h&aggregation=max&groupBy=host&topk=20&fill=null';
  const found = { metricType: 'cpu_usage', unit: 'percent', step: 10, tier: 'raw', from: '', to: '', series: [] };
  const { asked } = serve({
    '/alerts?state=firing%2Cresolved&metricType=cpu_usage': [{ body: { alerts: [] } }], '/metrics/catalog': [{ body: { metrics: [] } }], '/metrics/tags?metricType=cpu_usage': [{ body: { tags: [{ key: 'host', values: [{ value: 'web-1' }] }] } }],
    [query]: [{ body: found }], [query.replace('host', 'mount')]: [{ body: found }],
  });
  location.hash = '#/explore?metricType=cpu_usage&aggregation=max&groupBy=host';
  render(<Explore />);
  await screen.findByText('No data in this range.');
  expect(asked).toContain(`GET ${query}`);
  fireEvent.input(screen.getByLabelText('Group by'), { target: { value: 'mount' } });
  await vi.waitFor(() => expect(location.hash).toBe('#/explore?metricType=cpu_usage&aggregation=max&groupBy=mount'));
});

test('whose the session is, is known until it ends, and what somebody else wrote there is not believed', () => {
  remember(new Date(Date.now() + 60_000).toISOString(), { name: 'Ada', scopes: ['read'] });
  expect([isRemembered(), lastKnown()]).toEqual([true, { name: 'Ada', scopes: ['read'] }]);
  forget();
  expect([isRemembered(), lastKnown()]).toEqual([false, null]);
  for (const odd of ['{', '7', '{"scopes": "admin"}']) {
    localStorage.setItem('session-of', odd);
    expect(lastKnown()).toBeNull();
  }
});

test('whoever acts by keyboard stays where they are: asked, kept, and while it is done', async () => {
  let end = () => {};
  const pending = new Promise<void>((done) => (end = done));
  render(<Act name="Delete" confirm="Really?" run={() => pending} />);
  screen.getByText('Delete').focus();
  act(() => screen.getByText('Delete').click());
  expect(document.activeElement?.textContent).toBe('Keep');
  act(() => screen.getByText('Keep').click());
  expect(document.activeElement?.textContent).toBe('Delete');
  act(() => screen.getByText('Delete').click());
  await act(async () => screen.getByText('Delete').click());
  expect(screen.getByRole('button').hasAttribute('disabled')).toBe(false);
  expect(document.activeElement).toBe(screen.getByRole('button'));
  await act(async () => end());
});

test.each([
  ['a gateway that speaks for the service', new Response('<html>Bad Gateway</html>', { status: 502 }), 502, 'The service answered 502.'],
  ['somebody else with a page of their own', new Response('<html>Log in to the network</html>'), 0, 'Something other than the service answered. It is asked again in a moment.'],
  ['an answer that breaks off', new Response(new ReadableStream({ start: (stream) => stream.error(new TypeError('network error')) })), 0, 'The service cannot be reached. It is asked again in a moment.'],
])('what went wrong is told in words: %s', async (_, answer, status, message) => {
  vi.stubGlobal('fetch', async () => answer);
  await expect(call('GET', '/things')).rejects.toMatchObject({ status, message });
});
