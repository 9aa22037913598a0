// The axes: times as the viewer writes them, numbers with their unit.
import type uPlot from 'uplot';
import { quantity } from '../text';

// The day below the first one and below each midnight.
export const clock: uPlot.Axis.DynamicValues = (_, splits, _axis, _space, step) => {
  const form = new Intl.DateTimeFormat(undefined, step >= 86_400 ? { day: 'numeric', month: 'short' } : { hour: 'numeric', minute: '2-digit', ...(step < 60 && { second: '2-digit' }) });
  const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
  return splits.map((at, place) => {
    const when = new Date(at * 1000);
    const isNewDay = step < 86_400 && (place === 0 || new Date(splits[place - 1]! * 1000).getDate() !== when.getDate());
    return form.format(when) + (isNewDay ? `\n${day.format(when)}` : '');
  });
};

// A unit that is a word stands in the legend: beside every number it would only be noise.
const SIGNS = ['percent', 'ms', 's', 'B', 'B/s'];

export const amount = (unit: string): uPlot.Axis.DynamicValues => (_, values) => values.map((value) => quantity(value, SIGNS.includes(unit) ? unit : ''));

export const wide: uPlot.Axis.Size = (_, values) => 14 + 6.4 * Math.max(3, ...(values ?? []).map((each) => String(each).length));

// From zero, with room above; what is a share ends at the whole.
export const height = (unit: string): uPlot.Range.Function => (_, low, high) => {
  const top = high ?? 1;
  const room = top * 1.08 || 1;
  return [Math.min(0, low ?? 0), unit === 'percent' && top <= 100 ? Math.min(room, 100.5) : top < 0 ? 0 : room];
};
