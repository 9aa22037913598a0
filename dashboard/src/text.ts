// Numbers, units and times as people read them: units kept, times in the viewer's zone.
const BYTES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

export function quantity(value: number | null | undefined, unit = ''): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (unit === 'B' || unit === 'B/s') {
    let size = value;
    let place = 0;
    while (Math.abs(size) >= 1000 && place < BYTES.length - 1) [size, place] = [size / 1000, place + 1];
    return `${short(size)} ${BYTES[place]}${unit.slice(1)}`;
  }
  if (unit === 'ms' && Math.abs(value) >= 1000) return quantity(value / 1000, 's');
  if (unit === 's' && Math.abs(value) >= 120) return (value < 0 ? '-' : '') + span(Math.abs(value) * 1000);
  const glued = unit === 'percent' ? '%' : unit === '' || unit === 'count' ? '' : ` ${unit}`;
  return short(value) + glued;
}

export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
  return Intl.NumberFormat(undefined, { maximumFractionDigits: size >= 100 ? 0 : size >= 1 ? 1 : 3 }).format(value);
}

export function span(milliseconds: number): string {
  let left = Math.max(0, Math.round(milliseconds / 1000));
  const parts: string[] = [];
  for (const [size, name] of [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']] as const) {
    if (left >= size) parts.push(`${Math.floor(left / size)} ${name}`);
    left %= size;
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

// Seconds only within the first minute: nobody reads them later, and they would not hold still.
export function ago(instant: string, now = Date.now()): string {
  const passed = now - Date.parse(instant);
  return `${span(passed < 60_000 ? passed : Math.floor(passed / 60_000) * 60_000)} ago`;
}

export const local = (instant: string): string =>
  new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

// In the viewer's zone and in UTC: what logs and colleagues elsewhere say.
export function instantText(at: number): string {
  const when = new Date(at);
  return `${when.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })} (${when.toISOString().slice(11, 19)} UTC)`;
}

export const tagsText = (tags: Record<string, string>): string =>
  Object.entries(tags).map(([key, value]) => `${key}=${value}`).join('  ');
