// Lines brought onto one axis of time, as uPlot wants them.
import type uPlot from 'uplot';
import type { Found, Tags } from '../api';
import { tagsText } from '../text';

export type Point = [number, number | null];
// One line of a chart: `place` chooses its colour, `isBefore` says that it is an earlier time's, for comparison.
export type Line = { key: string; name: string; tags: Tags; points: Point[]; place: number; isBefore: boolean };
export const MOST = 200;

export function linesOf(found: Found, before?: { found: Found; by: number; name: string } | null): Line[] {
  const places = new Map<string, number>();
  const lines = found.series.slice(0, MOST).map((series, place): Line => {
    const key = tagsText(series.tags);
    places.set(key, place);
    return { key, name: Object.values(series.tags).join(' ') || found.metricType, tags: series.tags, points: series.points, place, isBefore: false };
  });
  const earlier = (before?.found.series ?? []).filter((series) => places.has(tagsText(series.tags))).map((series): Line => ({
    key: `${tagsText(series.tags)}~`, name: `${Object.values(series.tags).join(' ') || found.metricType}, ${before!.name}`, tags: series.tags,
    points: series.points.map(([at, value]) => [at + before!.by, value]), place: places.get(tagsText(series.tags))!, isBefore: true,
  }));
  return [...lines, ...earlier];
}

// Answers of one query have the same instants in all series; only others are brought together.
export function columnsOf(lines: Line[], limits: (number | null | undefined)[]): uPlot.AlignedData {
  const first = lines[0]?.points ?? [];
  const isAligned = lines.every(({ points }) => points.length === first.length && points.every(([at], index) => at === first[index]![0]));
  const times = isAligned ? first.map(([at]) => at) : [...new Set(lines.flatMap((each) => each.points.map(([at]) => at)))].sort((a, b) => a - b);
  const place = new Map(times.map((at, index) => [at, index]));
  const columns = lines.map((each) => {
    if (isAligned) return each.points.map(([, value]) => value);
    const column: (number | null)[] = new Array(times.length).fill(null);
    for (const [at, value] of each.points) column[place.get(at)!] = value;
    return column;
  });
  const flat = limits.filter((each) => each !== null && each !== undefined).map((each) => times.map(() => each));
  return [times.map((at) => at / 1000), ...columns, ...flat] as uPlot.AlignedData;
}

export type Figures = { min: number; avg: number; max: number; last: number };

export function figuresOf(points: Point[]): Figures | null {
  let [min, max, sum, count, last] = [Infinity, -Infinity, 0, 0, NaN];
  for (const [, value] of points) {
    if (value === null) continue;
    [min, max, sum, count, last] = [Math.min(min, value), Math.max(max, value), sum + value, count + 1, value];
  }
  return count ? { min, avg: sum / count, max, last } : null;
}
