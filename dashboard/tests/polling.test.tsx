// Polling: it goes on, it stops where nobody looks, and what is old says so.
import { act, cleanup, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useApi } from '../src/hooks';
import { Waiting } from '../src/ui';
import { serve } from './server';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const Shown = () => <Waiting loaded={useApi<{ count: number }>('/things', 5)}>{(found) => <b>{found.count} things</b>}</Waiting>;
const passes = (seconds: number) => act(async () => void (await vi.advanceTimersByTimeAsync(seconds * 1000)));

test('it says that it loads, shows what came, and asks again after its time', async () => {
  const { asked } = serve({ '/things': [{ body: { count: 1 } }, { body: { count: 2 } }] });
  render(<Shown />);
  expect(screen.getByText('Loading …')).toBeTruthy();
  await passes(0);
  expect(screen.getByText('1 things')).toBeTruthy();
  await passes(5);
  expect(screen.getByText('2 things')).toBeTruthy();
  expect(asked).toEqual(['GET /things', 'GET /things']);
});

test('a page that nobody sees asks nothing until somebody looks again', async () => {
  const { asked } = serve({ '/things': [{ body: { count: 1 } }] });
  render(<Shown />);
  await passes(0);
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  await passes(60);
  expect(asked.length).toBe(1);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event('visibilitychange'));
  await passes(0);
  expect(asked.length).toBe(2);
});

test('what cannot be had is told, with a way to try again', async () => {
  serve({ '/things': [{ status: 503, body: { detail: 'PostgreSQL does not answer.' } }, { body: { count: 3 } }] });
  render(<Shown />);
  await passes(0);
  expect(screen.getByRole('alert').textContent).toContain('PostgreSQL does not answer.');
  act(() => screen.getByText('Try again').click());
  await passes(0);
  expect(screen.getByText('3 things')).toBeTruthy();
});

test('what is old stays, and says how old it is', async () => {
  serve({ '/things': [{ body: { count: 1 } }, 'unreachable'] });
  const { container } = render(<Shown />);
  await passes(0);
  await passes(30);
  expect(screen.getByText('1 things')).toBeTruthy();
  expect(container.querySelector('.stale')?.textContent).toMatch(/cannot be reached.*What you see is \d+ s old/);
});

test('what is old looks old also while a service that hangs has not answered yet', async () => {
  serve({ '/things': [{ body: { count: 1 } }, 'silent'] });
  const { container } = render(<Shown />);
  await passes(0);
  await passes(12);
  expect(container.querySelector('.stale')).toBeNull();
  await passes(10);
  expect(screen.getByText('1 things')).toBeTruthy();
  expect(container.querySelector('.stale')?.textContent).toMatch(/has not answered for 10 s.*What you see is 2\d s old/);
});

const Once = () => <Waiting loaded={useApi<{ count: number }>('/things')}>{(found) => <b>{found.count} things</b>}</Waiting>;

test('what is asked once is asked again when it failed for now, ever more rarely, and no more when it came', async () => {
  const { asked } = serve({ '/things': ['unreachable', { status: 503, body: {} }, { body: { count: 4 } }] });
  render(<Once />);
  await passes(6);
  expect(asked.length).toBe(2);
  await passes(8);
  expect(asked.length).toBe(2);
  await passes(60);
  expect(asked.length).toBe(3);
  expect(screen.getByText('4 things')).toBeTruthy();
});

test('what is refused for good is not asked again by itself', async () => {
  const { asked } = serve({ '/things': [{ status: 404, body: { detail: 'There is none.' } }] });
  render(<Once />);
  await passes(60);
  expect(asked.length).toBe(1);
  expect(screen.queryByText('Try again')).toBeNull();
});

test('one who leaves the page ends its asking', async () => {
  const { asked } = serve({ '/things': [{ body: { count: 1 } }] });
  const { unmount } = render(<Shown />);
  await passes(0);
  unmount();
  await passes(60);
  expect(asked.length).toBe(1);
});
