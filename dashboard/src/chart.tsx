// A chart of some series over time: uPlot, in the page's own colours.
import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Found } from './api';
import { useSize } from './hooks';
import { local, quantity, tagsText } from './text';

const HUES = [212, 28, 150, 280, 350, 185, 90, 320, 55, 245];
const MOST = 200;

// A canvas does not know light-dark(): the browser says what a variable comes to.
function resolved(name: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

const colour = (place: number): string => `hsl(${HUES[place % HUES.length]} 62% ${place < HUES.length ? 50 : 62}%)`;

// The series nearest to the pointer, its value there, and when that was.
function nearest(u: uPlot, unit: string): string {
  const at = u.cursor.idx;
  const top = u.cursor.top ?? -1;
  if (at === null || at === undefined || top < 0) return '';
  let best: { name: string; value: number; away: number } | null = null;
  for (let place = 1; place < u.series.length; place++) {
    const value = u.data[place]![at];
    if (value === null || value === undefined) continue;
    const away = Math.abs(u.valToPos(value, 'y') - top);
    if (!best || away < best.away) best = { name: String(u.series[place]!.label), value, away };
  }
  const when = new Date(u.data[0][at]! * 1000).toISOString();
  return `${local(when)} (${when.slice(11, 19)} UTC)${best ? `  ${best.name} ${quantity(best.value, unit)}` : ''}`;
}

// Times as the viewer writes them; the day below the first one and below each midnight.
const clock: uPlot.Axis.DynamicValues = (_, splits, _axis, _space, step) => {
  const form = new Intl.DateTimeFormat(undefined, step >= 86_400 ? { day: 'numeric', month: 'short' } : { hour: 'numeric', minute: '2-digit', ...(step < 60 && { second: '2-digit' }) });
  const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
  return splits.map((at, place) => {
    const when = new Date(at * 1000);
    const isNewDay = step < 86_400 && (place === 0 || new Date(splits[place - 1]! * 1000).getDate() !== when.getDate());
    return form.format(when) + (isNewDay ? `\n${day.format(when)}` : '');
  });
};

// `upper` is the other threshold of a range.
export function Chart({ found, height = 170, threshold, upper, label }: { found: Found; height?: number; threshold?: number | null; upper?: number | null; label: string }) {
  const [ref, width] = useSize();
  const readout = useRef<HTMLOutputElement>(null);
  const series = useMemo(() => found.series.slice(0, MOST), [found]);
  const data = useMemo(() => {
    const first = series[0]?.points ?? [];
    // Answers of one query have the same instants in all series; only others are brought together.
    const isAligned = series.every(({ points }) => points.length === first.length && points.every(([at], index) => at === first[index]![0]));
    const times = isAligned ? first.map(([at]) => at) : [...new Set(series.flatMap((each) => each.points.map(([at]) => at)))].sort((a, b) => a - b);
    const place = new Map(times.map((at, index) => [at, index]));
    const columns = series.map((each) => {
      if (isAligned) return each.points.map(([, value]) => value);
      const column: (number | null)[] = new Array(times.length).fill(null);
      for (const [at, value] of each.points) column[place.get(at)!] = value;
      return column;
    });
    const limits = [threshold, upper].filter((each) => each !== null && each !== undefined).map((each) => times.map(() => each));
    return [times.map((at) => at / 1000), ...columns, ...limits] as uPlot.AlignedData;
  }, [series, threshold, upper]);

  // A chart of the same series takes new data as it is: only another shape is built anew.
  const plot = useRef<uPlot | null>(null);
  const shape = JSON.stringify([data.length, ...series.map((each) => [each.tags, each.points.length < 2])]);
  const isCrowded = series.length > 20;
  useEffect(() => {
    if (!ref.current || !width) return;
    const [ink, line, limit] = [resolved('--muted'), resolved('--line'), resolved('--fail')];
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui' };
    // Samples that come more rarely than points are asked for leave holes; only what is longer is a gap.
    const gaps: uPlot.Series.GapsRefiner = (u, _series, _from, _to, holes) =>
      holes.filter(([from, to]) => u.posToVal(to, 'x', true) - u.posToVal(from, 'x', true) > Math.max(3 * found.step, 90));
    const made = new uPlot(
      {
        width,
        height,
        padding: [8, 24, 0, 0],
        legend: { show: false },
        cursor: { points: { show: !isCrowded, size: 6 }, drag: { x: false, y: false } },
        hooks: { setCursor: [(u) => { if (readout.current) readout.current.textContent = nearest(u, found.unit); }] },
        scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high ?? 1) * 1.08 || 1] } },
        axes: [{ ...axis, values: clock, space: 70, size: 38 }, { ...axis, size: 58, values: (_, values) => values.map((value) => quantity(value, found.unit.length > 7 ? '' : found.unit)) }],
        series: [
          {},
          ...series.map((each, index) => ({ label: tagsText(each.tags) || found.metricType, stroke: colour(index), width: isCrowded ? 1 : 1.5, points: { show: each.points.length < 2 }, gaps })),
          ...data.slice(series.length + 1).map(() => ({ label: 'threshold', stroke: limit, dash: [5, 4], width: 1.2 })),
        ],
      },
      data,
      ref.current,
    );
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [width, height, shape, found.unit, found.step, found.metricType, ref]);
  useEffect(() => {
    if (plot.current && plot.current.data !== data) plot.current.setData(data);
  }, [data]);

  const last = (points: [number, number | null][]) => points.findLast(([, value]) => value !== null)?.[1] ?? null;
  const described = series.slice(0, 8).map((each) => `${tagsText(each.tags) || found.metricType} ${quantity(last(each.points), found.unit)}`);
  if (!series.length) return <p className="empty">No data in this range.</p>;
  return (
    <figure className="chart">
      <div ref={ref} role="img" aria-label={`${label}: ${described.join(', ')}`} />
      <output ref={readout} className="readout" aria-hidden />
      <figcaption>
        {series.slice(0, 12).map((each, index) => (
          <span key={tagsText(each.tags)} title={tagsText(each.tags)}>
            <i style={{ background: colour(index) }} />
            <bdi>{Object.values(each.tags).join(' ') || found.metricType}</bdi> <b>{quantity(last(each.points), found.unit)}</b>
          </span>
        ))}
        {series.length > 12 && <span>and {series.length - 12} more</span>}
      </figcaption>
    </figure>
  );
}
