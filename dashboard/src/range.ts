// The stretch of time that the charts of a page show, and how often they are asked anew; both stand in the address.
import { setQuery, useRoute } from './route';
import { span } from './text';

// `from` is relative (`-1h`) or an instant; `to` is an instant, or '' for now.
export type Range = { from: string; to: string };
export type Watch = Range & { every: number };

export const PRESETS = ['-15m', '-1h', '-3h', '-6h', '-24h', '-2d', '-7d', '-30d'];
export const PACES = [['', 'auto'], ['5', '5 s'], ['10', '10 s'], ['30', '30 s'], ['60', '1 min'], ['off', 'paused']] as const;
const SIZES: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const HOUR = 3_600_000;

export function useRange(usual = '-1h'): Watch {
  const { search } = useRoute();
  const range = { from: search.get('from') ?? usual, to: search.get('to') ?? '' };
  return { ...range, every: range.to ? 0 : pace(search.get('every') ?? '', lengthOf(range)) };
}

// A day's points are minutes wide: asking for them every ten seconds would show the same.
function pace(chosen: string, length: number): number {
  if (chosen) return Number(chosen) || 0;
  return length <= 3 * HOUR ? 10 : length <= 24 * HOUR ? 30 : 60;
}

export function bounds({ from, to }: Range, now = Date.now()): [number, number] {
  const end = to ? instant(to, now) : now;
  return [instant(from, now), end];
}

function instant(text: string, now: number): number {
  const relative = /^-(\d+)([smhdw])$/.exec(text);
  if (relative) return now - Number(relative[1]) * SIZES[relative[2]!]!;
  const found = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(found) ? found : now;
}

export function lengthOf(range: Range): number {
  const [start, end] = bounds(range);
  return Math.max(60_000, end - start);
}

export const named = (preset: string): string => `last ${span(lengthOf({ from: preset, to: '' }))}`;

export const setRange = ({ from, to }: Range): void => setQuery({ from, to });

export const fixed = (start: number, end: number): Range => ({ from: new Date(start).toISOString(), to: new Date(end).toISOString() });

// What reaches the present follows it from then on.
export function around(start: number, end: number, now = Date.now()): Range {
  return end >= now ? { from: `-${Math.round((end - start) / 1000)}s`, to: '' } : fixed(start, end);
}

export function widened(range: Range, now = Date.now()): Range {
  const [start, end] = bounds(range, now);
  const more = (end - start) / 2;
  return range.to ? around(start - more, end + more, now) : around(start - 2 * more, end, now);
}

export function moved(range: Range, times: number, now = Date.now()): Range {
  const [start, end] = bounds(range, now);
  const by = (end - start) * times;
  return end + by >= now ? around(now - (end - start), now, now) : fixed(start + by, end + by);
}

// The same stretch so long before: relative stays relative, so that the address of it holds still.
export function before({ from, to }: Range, milliseconds: number): Range {
  const earlier = (text: string) => {
    const now = Date.now();
    return text === '' || text.startsWith('-') ? `-${Math.round((now - instant(text || '-0s', now) + milliseconds) / 1000)}s` : new Date(instant(text, now) - milliseconds).toISOString();
  };
  return { from: earlier(from), to: earlier(to) };
}
