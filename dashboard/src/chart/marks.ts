// What is marked on a chart: stretches of time, such as those in which an alert fired.
import type uPlot from 'uplot';
import type { Alert } from '../api';

// `to` null: it goes on.
export type Mark = { from: number; to: number | null; kind: 'fail' | 'warn'; label: string };

// Behind the lines: a tint over the stretch, and a stroke where it begins.
export function draw(u: uPlot, marks: Mark[], colours: Record<Mark['kind'], string>): void {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  for (const mark of united(marks)) {
    const begin = Math.max(left, u.valToPos(mark.from / 1000, 'x', true));
    const end = mark.to === null ? left + width : Math.min(left + width, u.valToPos(mark.to / 1000, 'x', true));
    if (end < left || begin > left + width) continue;
    u.ctx.fillStyle = colours[mark.kind];
    u.ctx.globalAlpha = 0.13;
    u.ctx.fillRect(begin, top, Math.max(end - begin, 2), height);
    u.ctx.globalAlpha = 0.7;
    u.ctx.fillRect(begin, top, devicePixelRatio, height);
  }
  u.ctx.restore();
}

// Stretches of a kind that overlap are one: ten alerts at once are no darker than one.
export function united(marks: Mark[]): Mark[] {
  const made: Mark[] = [];
  for (const mark of [...marks].sort((a, b) => a.kind.localeCompare(b.kind) || a.from - b.from)) {
    const last = made.at(-1);
    if (!last || last.kind !== mark.kind || mark.from > (last.to ?? Infinity)) made.push({ ...mark });
    else last.to = last.to === null || mark.to === null ? null : Math.max(last.to, mark.to);
  }
  return made;
}

export const at = (marks: Mark[], moment: number): Mark[] => marks.filter((mark) => mark.from <= moment && moment <= (mark.to ?? Infinity));

const SERIOUS = ['high', 'critical'];

export const marksOf = (alerts: Alert[]): Mark[] =>
  alerts.filter((alert) => alert.firedAt).map((alert) => ({
    from: Date.parse(alert.firedAt!), to: alert.resolvedAt ? Date.parse(alert.resolvedAt) : null, kind: SERIOUS.includes(alert.severity) ? 'fail' : 'warn', label: alert.ruleName,
  }));
