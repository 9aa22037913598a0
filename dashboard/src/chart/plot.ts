// uPlot with the page's manners: its colours, one pointer for all charts, drag to zoom.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { amount, clock, height as heights, wide } from './axes';
import { hues, resolved } from './colours';
import type { Line } from './columns';
import { leastOf, nearest, refiner } from './gaps';
import { draw, type Mark } from './marks';

// What changes while a chart stands; hooks read it when they run.
export type Live = { marks: Mark[]; bounds: [number, number] };
export type Shape = { width: number; height: number; unit: string; step: number; lines: Line[]; limits: number; zoom?: (from: number, to: number) => void; widen?: () => void };

const DRAGGED = 6; // pixels: less is a click that trembled

export function plot(into: HTMLElement, shape: Shape, live: Live, data: uPlot.AlignedData, pointed: (u: uPlot) => void): uPlot {
  const { unit, step, lines, zoom, widen } = shape;
  const [ink, line, limit] = [resolved('var(--muted)'), resolved('var(--line)'), resolved('var(--fail)')];
  const tints = { fail: limit, warn: resolved('var(--warn)') };
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '11px system-ui' };
  const isCrowded = lines.length > 20;
  const gaps = refiner(step);
  const strokes = hues().map(resolved); // once each: to ask the browser for a colour costs as much as to draw a line
  const chosen = (u: uPlot) => {
    const { left, width } = u.select;
    if (width > DRAGGED) zoom?.(Math.round(u.posToVal(left, 'x') * 1000), Math.round(u.posToVal(left + width, 'x') * 1000));
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  };
  const made = new uPlot(
    {
      width: shape.width, height: shape.height, padding: [8, 26, 0, 0], legend: { show: false },
      cursor: {
        points: { show: !isCrowded, size: 6 }, dataIdx: (u, series, index) => (series && !isCrowded ? (nearest(u.data[0], u.data[series]!, index, leastOf(step)) ?? index) : index), drag: { x: Boolean(zoom), y: false, setScale: false }, focus: { prox: isCrowded ? -1 : 24 }, bind: { dblclick: () => () => (widen?.(), null) },
        sync: { key: 'page', setSeries: false, filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } },
      },
      focus: { alpha: 0.3 },
      hooks: { setCursor: [pointed], setSelect: [chosen], drawClear: [(u) => draw(u, live.marks, tints)] },
      scales: { x: { range: () => live.bounds }, y: { range: heights(unit) } },
      axes: [{ ...axis, values: clock, space: 70, size: 38 }, { ...axis, size: wide, values: amount(unit), space: 28 }],
      series: [
        {},
        ...lines.map((each) => ({
          label: each.key, stroke: strokes[each.place % strokes.length], width: isCrowded ? 1 : 1.5, points: { show: each.points.length < 2 }, gaps,
          ...(each.isBefore && { dash: [4, 4], alpha: 0.6 }),
        })),
        ...Array.from({ length: shape.limits }, () => ({ label: 'threshold', stroke: limit, dash: [5, 4], width: 1.2 })),
      ],
    },
    data,
    into,
  );
  return made;
}
