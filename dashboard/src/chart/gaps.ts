// Where a line is broken: only where it is silent for longer than its own rhythm there, not wherever a point is missing.
import type uPlot from 'uplot';

const LONGER = 2.5; // times its spacing on either side
const NEAR = 40; // points to either side that are looked at for the value at the pointer

type Values = ArrayLike<number | null | undefined>;

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
  gapsOf(u.data[0], u.data[series] as Values, Math.max(3 * step, 90)).map(([from, to]) => [Math.round(u.valToPos(from, 'x', true)), Math.round(u.valToPos(to, 'x', true))]);

// The point with a value that is nearest to where the pointer is: lines of another rhythm have none right there.
export function nearest(values: Values, place: number): number | null {
  for (let away = 0; away <= NEAR; away++)
    for (const index of [place - away, place + away]) if (values[index] !== null && values[index] !== undefined) return index;
  return null;
}
