// A chart of some series over time, with what is marked on it and which line is which.
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import type { Found } from '../api';
import { useSize } from '../hooks';
import { tagsText } from '../text';
import { useScheme } from './colours';
import { columnsOf, linesOf } from './columns';
import { lastOf, Names, Table } from './legend';
import type { Mark } from './marks';
import { type Live, plot as build } from './plot';
import { show } from './tip';

type Props = {
  found: Found; label: string; height?: number; threshold?: number | null; upper?: number | null; // the other threshold of a range
  marks?: Mark[]; before?: { found: Found; by: number; name: string } | null; isTable?: boolean;
  zoom?: (from: number, to: number) => void; widen?: () => void;
};
const NONE: Mark[] = [];

// Drawn anew for what is new only: a page tells the time more often than its charts change.
export const Chart = memo(Drawn);

function Drawn({ found, label, height = 170, threshold, upper, marks = NONE, before, isTable, zoom, widen }: Props) {
  const [ref, node, width] = useSize();
  const tip = useRef<HTMLDivElement>(null);
  const [only, setOnly] = useState<string | null>(null);
  const isDark = useScheme();
  const lines = useMemo(() => linesOf(found, before), [found, before]);
  const limits = [threshold, upper].filter((each) => each !== null && each !== undefined).length;
  const data = useMemo(() => columnsOf(lines, [threshold, upper]), [lines, threshold, upper]);

  // What hooks of a standing chart read. Its lines are those that it was built with: newer ones may not be on it yet.
  const live = useRef<Live>({ marks, bounds: [0, 1] });
  live.current.marks = marks;
  live.current.bounds = boundsOf(found, data[0]);
  const handlers = useRef({ zoom, widen });
  handlers.current = { zoom, widen };

  // A chart of the same series takes new data as it is: only another shape is built anew.
  const plot = useRef<uPlot | null>(null);
  const shape = JSON.stringify([limits, ...lines.map((each) => [each.key, each.place, each.points.length < 2])]);
  useEffect(() => {
    if (!node || !width) return;
    const made = build(
      node,
      {
        width, height, unit: found.unit, step: found.step, lines, limits,
        zoom: zoom && ((from, to) => handlers.current.zoom?.(from, to)), widen: widen && (() => handlers.current.widen?.()),
      },
      live.current, data,
      (u) => tip.current && show(tip.current, u, lines, found, live.current.marks),
    );
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [width, height, shape, found.unit, found.step, isDark, Boolean(zoom), Boolean(widen), node]);
  useEffect(() => {
    if (plot.current && plot.current.data !== data) plot.current.setData(data);
  }, [data]);
  useEffect(() => plot.current?.redraw(false), [marks]);
  useEffect(() => {
    const u = plot.current;
    const isThere = lines.some((each) => each.key === only);
    u?.batch(() => lines.forEach((each, place) => {
      const isShown = !isThere || each.key === only || each.key === `${only}~`;
      if (u.series[place + 1]!.show !== isShown) u.setSeries(place + 1, { show: isShown });
    }));
  }, [only, shape, width, height, found.unit, found.step, isDark, node]);

  if (!found.series.length) return <p className="empty">No data in this range.</p>;
  const described = lines.slice(0, 8).map((each) => {
    const { text, age } = lastOf(each, found);
    return `${tagsText(each.tags) || found.metricType} ${text}${age ? ` (${age})` : ''}`;
  });
  const Legend = isTable ? Table : Names;
  return (
    <figure className="chart">
      <div ref={ref} role="img" aria-label={`${label}: ${described.join(', ')}`} style={{ height }}>
        <div ref={tip} className="tip" aria-hidden hidden />
      </div>
      <Legend lines={lines} found={found} only={only} choose={(key) => setOnly(only === key ? null : key)} />
    </figure>
  );
}

// All that was asked for, also where nothing came: an empty end is news.
function boundsOf(found: Found, times: ArrayLike<number>): [number, number] {
  const [from, to] = [Date.parse(found.from) / 1000, Date.parse(found.to) / 1000];
  if (from < to) return [from, to];
  return [times[0] ?? 0, times[times.length - 1] ?? 1];
}
