// Where a line is broken: only where it is silent for longer than its own rhythm there, not wherever a point is missing.
import type uPlot from 'uplot';

const LONGER = 2.5; // times its spacing on either side
const NEAR = 40; // points to either side that are looked at for the value at the pointer

type Values = ArrayLike<number | null | undefined>;

// Seconds that are never a gap between points so far apart.
export const leastOf = (step: number): number => Math.max(3 * step, 90);

// The stretches, in seconds, over which a line is not drawn; `least` seconds are never a gap.
export function gapsOf(times: ArrayLike<number>, values: Values, least: number): [number, number][] {
  const known: number[] = [];
  for (let place = 0; place < values.length; place++) if (values[place] !== null && values[place] !== undefined) known.push(times[place]!);
  const gaps: [number, number][] = [];
  for (let place = 0; place + 1 < known.length; place++) {
    const [from, to] = [known[place]!, known[place + 1]!];
    const usual = Math.max(place > 0 ? from - known[place - 1]! : 0, place + 2 < known.length ? known[place + 2]! - to : 0);
    if (to - from > Math.max(least, LONGER * usual)) gaps.push([from, to]);
  }
  return gaps;
}

export const refiner = (step: number): uPlot.Series.GapsRefiner => (u, series) =>
  gapsOf(u.data[0], u.data[series] as Values, leastOf(step)).map(([from, to]) => [Math.round(u.valToPos(from, 'x', true)), Math.round(u.valToPos(to, 'x', true))]);

// The point with a value that is nearest to where the pointer is: lines of another rhythm have none right there. None where the line is silent.
export function nearest(times: ArrayLike<number>, values: Values, place: number, least: number): number | null {
  const [before, after] = [known(values, place, -1), known(values, place, 1)];
  const rhythm = (at: number, way: 1 | -1) => {
    const next = known(values, at + way, way);
    return next === null ? 0 : Math.abs(times[at]! - times[next]!);
  };
  const usual = Math.max(before === null ? 0 : rhythm(before, -1), after === null ? 0 : rhythm(after, 1));
  const silence = times[after ?? place]! - times[before ?? place]!;
  if (silence > Math.max(least, LONGER * usual)) return null;
  if (before === null || after === null) return before ?? after;
  return place - before <= after - place ? before : after;
}

function known(values: Values, from: number, way: 1 | -1): number | null {
  for (let at = from; Math.abs(at - from) <= NEAR && at >= 0 && at < values.length; at += way) if (values[at] !== null && values[at] !== undefined) return at;
  return null;
}

// Since when (ms) a line says nothing, if that is longer than its rhythm explains at `end` (ms).
export function silentSince(points: [number, number | null][], end: number, least: number): number | null {
  const last: number[] = [];
  for (let place = points.length - 1; place >= 0 && last.length < 3; place--) if (points[place]![1] !== null) last.push(points[place]![0]);
  if (!last.length) return null;
  const usual = Math.max(...last.slice(1).map((at, place) => last[place]! - at), 0);
  return end - last[0]! > Math.max(least * 1000, LONGER * usual) ? last[0]! : null;
}
