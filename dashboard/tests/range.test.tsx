// The range of a page: what it comes to, a step to the side, wider, and the same so long before.
import { act, cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { before, bounds, moved, useRange, widened } from '../src/range';
import { RangeBar } from '../src/range_bar';
import { choose } from './choose';

const NOW = Date.parse('2026-01-02T12:00:00Z');
const HOUR = 3_600_000;
const MORNING = { from: '2026-01-02T08:00:00.000Z', to: '2026-01-02T09:00:00.000Z' };

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  location.hash = '';
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test.each([['-15m', NOW - HOUR / 4], ['-90s', NOW - 90_000], ['-2d', NOW - 48 * HOUR], ['2026-01-01T00:00:00Z', NOW - 36 * HOUR]])('%s begins where it says', (from, start) => {
  expect(bounds({ from, to: '' }, NOW)).toEqual([start, NOW]);
});

test('a step to the side moves by its own length, and what reaches the present follows it', () => {
  expect(moved({ from: '-1h', to: '' }, -1, NOW)).toEqual({ from: '2026-01-02T10:00:00.000Z', to: '2026-01-02T11:00:00.000Z' });
  expect(moved(MORNING, 1, NOW)).toEqual({ from: '2026-01-02T09:00:00.000Z', to: '2026-01-02T10:00:00.000Z' });
  expect(moved({ from: '2026-01-02T10:30:00.000Z', to: '2026-01-02T11:30:00.000Z' }, 1, NOW)).toEqual({ from: '-3600s', to: '' });
});

test('wider is twice as long, around the middle where both ends are fixed', () => {
  expect(widened({ from: '-1h', to: '' }, NOW)).toEqual({ from: '-7200s', to: '' });
  expect(widened(MORNING, NOW)).toEqual({ from: '2026-01-02T07:30:00.000Z', to: '2026-01-02T09:30:00.000Z' });
});

test('the same so long before is relative where the range is, so that its address holds still', () => {
  expect(before({ from: '-1h', to: '' }, 24 * HOUR)).toEqual({ from: '-90000s', to: '-86400s' });
  expect(before(MORNING, HOUR)).toEqual({ from: '2026-01-02T07:00:00.000Z', to: '2026-01-02T08:00:00.000Z' });
});

const Shown = () => {
  const range = useRange();
  return <><RangeBar range={range} /><output>{`${range.from} ${range.to} ${range.every}`}</output></>;
};

test('what one chooses stands in the address, and only a range that follows the present is asked anew', async () => {
  const { container } = render(<Shown />);
  const told = () => container.querySelector('output')?.textContent;
  expect(told()).toBe('-1h  10');
  choose(screen.getByLabelText('Time range'), '-24h');
  await vi.waitFor(() => expect(told()).toBe('-24h  30'));
  choose(screen.getByLabelText('Refresh'), 'off');
  await vi.waitFor(() => expect(told()).toBe('-24h  0'));
  act(() => screen.getByLabelText('Earlier').click());
  await vi.waitFor(() => expect(location.hash).toContain('from=2025-12-31T12%3A00'));
  expect(told()).toMatch(/2026-01-01T12:00.* 0$/);
});

test('two instants of one\'s own are the viewer\'s time', async () => {
  location.hash = '#/explore?metricType=cpu_usage&from=2026-01-02T08:00:00.000Z&to=2026-01-02T09:00:00.000Z';
  render(<Shown />);
  fireEvent.input(await screen.findByLabelText('From'), { target: { value: '2026-01-02T07:00:00' } });
  act(() => screen.getByText('Show').click());
  await vi.waitFor(() => expect(new URLSearchParams(location.hash.split('?')[1]).get('from')).toBe('2026-01-02T07:00:00.000Z'));
  expect(location.hash).toContain('metricType=cpu_usage');
});
