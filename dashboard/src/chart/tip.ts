// What the pointer is over: the time, the lines nearest to it with their values, and what was going on.
import type uPlot from 'uplot';
import type { Found } from '../api';
import { instantText, quantity } from '../text';
import { hue } from './colours';
import type { Line } from './columns';
import { leastOf, nearest } from './gaps';
import { at, type Mark } from './marks';

const ROWS = 8;

// Written as text, never as markup: names come from whoever sends metrics.
export function show(tip: HTMLElement, u: uPlot, lines: Line[], { unit, step }: Pick<Found, 'unit' | 'step'>, marks: Mark[]): void {
  const index = u.cursor.idx;
  const [left, top] = [u.cursor.left ?? -1, u.cursor.top ?? -1];
  // Charts of a page share their pointer; what it is over is told by one of them.
  if (index === null || index === undefined || left < 0 || !u.over.matches(':hover')) {
    tip.hidden = true;
    return;
  }
  const moment = u.data[0][index]! * 1000;
  const found = lines.flatMap((line, place) => {
    const at = nearest(u.data[0], u.data[place + 1]!, index, leastOf(step));
    const value = at === null || u.series[place + 1]?.show === false ? null : u.data[place + 1]![at];
    return value === null || value === undefined ? [] : [{ line, value, away: Math.abs(u.valToPos(value, 'y') - top) }];
  }).sort((a, b) => a.away - b.away);
  const shown = found.slice(0, ROWS).sort((a, b) => b.value - a.value);
  tip.replaceChildren(
    part('b', instantText(moment)),
    ...shown.map(({ line, value }) => {
      const row = part('div', '');
      if (line === found[0]?.line && found.length > 1) row.className = 'nearest';
      const swatch = part('i', '');
      swatch.style.background = hue(line.place);
      row.append(swatch, part('bdi', line.name), part('span', quantity(value, unit)));
      return row;
    }),
    ...(found.length > ROWS ? [part('small', `and ${found.length - ROWS} more`)] : []),
    ...at(marks, moment).slice(0, 3).map((mark) => part('em', mark.label)),
  );
  tip.hidden = false;
  const [width, whole] = [tip.offsetWidth, u.over.offsetLeft + u.over.offsetWidth];
  const x = u.over.offsetLeft + left;
  tip.style.left = `${Math.max(0, x + 14 + width > whole ? x - width - 14 : x + 14)}px`;
  tip.style.top = `${u.over.offsetTop + 6}px`;
}

function part(kind: string, text: string): HTMLElement {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}
