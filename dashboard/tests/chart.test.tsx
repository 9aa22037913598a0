// Charts: lines on one axis, figures of the legend, what the pointer tells, what is marked.
import { cleanup, render, screen } from '@testing-library/preact';
import { expect, test, vi } from 'vitest';
import type { Alert, Found } from '../src/api';
import { height } from '../src/chart/axes';
import { Chart } from '../src/chart/chart';
import { columnsOf, figuresOf, linesOf } from '../src/chart/columns';
import { gapsOf, nearest, silentSince } from '../src/chart/gaps';
import { at, marksOf, united } from '../src/chart/marks';
import { show } from '../src/chart/tip';

const found = (series: Found['series']): Found => ({ metricType: 'cpu_usage', unit: 'percent', step: 10, tier: 'raw', from: '', to: '', series });
const web = { tags: { host: 'web-1' }, points: [[1000, 1], [2000, null], [3000, 5]] as [number, number | null][] };
const db = { tags: { host: 'db-1' }, points: [[2000, 7]] as [number, number | null][] };

test('lines of different instants share an axis, with holes where one has nothing', () => {
  const [times, ...columns] = columnsOf(linesOf(found([web, db])), [90, null]);
  expect(times).toEqual([1, 2, 3]);
  expect(columns).toEqual([[1, null, 5], [null, 7, null], [90, 90, 90]]);
});

test('an earlier time is laid over this one in the colour of its series', () => {
  const lines = linesOf(found([web, db]), { found: found([{ ...db, points: [[1000, 3]] }, { tags: { host: 'gone' }, points: [] }]), by: 1000, name: 'a day before' });
  expect(lines.map(({ name, place, isBefore }) => [name, place, isBefore])).toEqual([['web-1', 0, false], ['db-1', 1, false], ['db-1, a day before', 1, true]]);
  expect(lines[2]!.points).toEqual([[2000, 3]]);
});

test('figures leave out what is missing, and a line without values has none', () => {
  expect(figuresOf(web.points)).toEqual({ min: 1, avg: 3, max: 5, last: 5 });
  expect(figuresOf([[1, null]])).toBeNull();
});

test.each([['percent', 99.2, 100.5], ['ms', 100, 108], ['percent', 250, 270]])('an axis of %s up to %d ends at %d', (unit, high, top) => {
  expect(height(unit)({} as never, 0, high, 'y')).toEqual([0, top]);
});

test('an alert marks the time in which it fired, one that goes on to the end', () => {
  const [mark] = marksOf([{ firedAt: '1970-01-01T00:00:10Z', resolvedAt: null, severity: 'high', ruleName: 'Hot' } as Alert, { firedAt: null } as Alert]);
  expect(mark).toEqual({ from: 10_000, to: null, kind: 'fail', label: 'Hot' });
  expect([9_000, 11_000, 9e9].map((moment) => at([mark!], moment).length)).toEqual([0, 1, 1]);
});

test('alerts at the same time are one stretch', () => {
  const mark = (from: number, to: number | null, kind: 'fail' | 'warn' = 'fail') => ({ from, to, kind, label: '' });
  expect(united([mark(5, 9), mark(1, 6), mark(20, null), mark(25, 30), mark(2, 3, 'warn')])).toEqual([mark(1, 9), mark(20, null), mark(2, 3, 'warn')]);
});

test('the pointer tells the time in both zones, values by size, and names only as text', () => {
  const hostile = { tags: { host: '<img src=x>' }, points: [[1000, 9]] as [number, number | null][] };
  const lines = linesOf(found([{ ...web, points: [[1000, 1]] }, hostile]));
  const tip = document.createElement('div');
  const over = { matches: () => true, offsetLeft: 0, offsetTop: 0, offsetWidth: 500 };
  const u = { cursor: { idx: 0, left: 10, top: 10 }, data: columnsOf(lines, []), series: [{}, {}, {}], over, valToPos: (value: number) => value };
  show(tip, u as never, lines, { unit: 'percent', step: 10 }, [{ from: 0, to: null, kind: 'fail', label: 'Hot' }]);
  expect(tip.textContent).toMatch(/\(00:00:01 UTC\)<img src=x>9%web-11%Hot$/);
  expect(tip.querySelector('img')).toBeNull();
  show(tip, { ...u, over: { ...over, matches: () => false } } as never, lines, { unit: 'percent', step: 10 }, []);
  expect(tip.hidden).toBe(true);
});

test.each([
  ['a line of points five minutes apart is whole', [0, 300, 600, 900], []],
  ['where it was silent for an hour it is broken', [0, 300, 3900, 4200], [[300, 3900]]],
  ['from every five minutes to every ten seconds is no gap', [0, 300, 600, 610, 620], []],
  ['a minute without one of ten seconds is no gap yet', [0, 10, 70, 80], []],
])('%s', (_, times, gaps) => expect(gapsOf(times, times.map(() => 1), 90)).toEqual(gaps));

test('the value at the pointer is the nearest one there is', () => {
  const times = [0, 10, 20, 30, 40];
  expect(nearest(times, [1, null, null, null, 5], 1, 90)).toBe(0);
  expect(nearest(times, [1, null, null, undefined, 5], 3, 90)).toBe(4);
  expect(nearest([0], [null], 0, 90)).toBeNull();
});

test('where a line is silent the pointer finds no value on it, neither in a gap nor after its end', () => {
  const times = Array.from({ length: 40 }, (_, place) => 10 * place);
  const values = times.map((at) => (at <= 50 || (at >= 200 && at <= 250) ? 1 : null));
  const found = (at: number) => nearest(times, values, times.indexOf(at), 90);
  expect([60, 120, 190, 300, 350].map(found)).toEqual([null, null, null, 25, null]);
  const slow = times.map((_, place) => (place % 15 ? null : 1));
  expect(nearest(times, slow, 37, 90)).toBe(30);
});

test.each([
  ['a line of ten seconds that stopped five minutes before the end is silent', [0, 10, 20], 320, 20],
  ['one that stopped a minute before may only be late', [0, 10, 20], 80, null],
  ['one of every five minutes is not silent after ten', [0, 300, 600], 1200, null],
  ['one without values never spoke', [], 1200, null],
])('%s', (_, times, end, since) => expect(silentSince(times.map((at): [number, number] => [at * 1000, 1]), end * 1000, 90)).toBe(since === null ? null : since * 1000));

test.each([['names', false], ['a table', true]])('the last value of a series that has ended says how old it is, in %s', (_, isTable) => {
  const end = Date.now();
  const points = (until: number) => Array.from({ length: 60 }, (_, place): [number, number | null] => [end - (60 - place) * 60_000, place < until ? 7 : null]);
  const of: Found = { ...found([{ tags: { host: 'gone' }, points: points(30) }, { tags: { host: 'here' }, points: points(60) }]), step: 60, from: new Date(end - 3_600_000).toISOString(), to: new Date(end).toISOString() };
  const { container, rerender } = render(<Chart found={of} label="CPU" isTable={isTable} />);
  expect([...container.querySelectorAll('.old')].map((each) => each.textContent)).toEqual(['7%31 min old']);
  expect(screen.getByRole('img').getAttribute('aria-label')).toBe('CPU: host=gone 7% (31 min old), host=here 7%');
  const before = (text: string) => new Date(Date.parse(text) - 86_400_000).toISOString();
  const past = { ...of, from: before(of.from), to: before(of.to), series: of.series.map((each) => ({ ...each, points: each.points.map(([at, value]): [number, number | null] => [at - 86_400_000, value]) })) };
  rerender(<Chart found={past} label="CPU" isTable={isTable} />);
  expect(container.querySelector('.old')?.textContent).toMatch(/^7%until .*\d:\d\d/);
  cleanup();
});

test('a chart that was empty at first is drawn once something comes', async () => {
  const seen: Element[] = [];
  vi.stubGlobal('ResizeObserver', class { observe(node: Element) { seen.push(node); } disconnect() {} });
  const { container, rerender } = render(<Chart found={found([])} label="CPU" />);
  expect(screen.getByText('No data in this range.')).toBeTruthy();
  rerender(<Chart found={found([web])} label="CPU" />);
  await vi.waitFor(() => expect(seen).toEqual([container.querySelector('[role=img]')]));
  cleanup();
  vi.unstubAllGlobals();
});
