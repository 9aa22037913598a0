// Numbers, units and times as people read them.
import { expect, test } from 'vitest';
import { ago, quantity, span, tagsText } from '../src/text';

test.each([
  [null, '', '–'], [Number.NaN, 'ms', '–'], [0, 'percent', '0%'], [91.44, 'percent', '91.4%'], [227.4, 'ms', '227 ms'], [0.0312, '', '0.031'],
  [1_536, 'B', '1.5 kB'], [2_500_000, 'B/s', '2.5 MB/s'], [12_345, 'count', '12.3K'], [-40, '', '-40'],
])('%s in %j reads %s', (value, unit, read) => expect(quantity(value, unit)).toBe(read));

test.each([[0, '0 s'], [59_400, '59 s'], [61_000, '1 min 1 s'], [3_600_000, '1 h'], [90_061_000, '1 d 1 h'], [-5, '0 s']])('%d ms last %s', (passed, read) => expect(span(passed)).toBe(read));

test('seconds count within the first minute only', () => {
  const now = Date.parse('2026-01-01T12:00:00Z');
  expect(ago('2026-01-01T11:59:48Z', now)).toBe('12 s ago');
  expect(ago('2026-01-01T11:57:48Z', now)).toBe('2 min ago');
});

test('tags are named', () => expect(tagsText({ host: 'web-1', mount: '/' })).toBe('host=web-1  mount=/'));
