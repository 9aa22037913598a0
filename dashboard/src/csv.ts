// What a chart shows as a file for spreadsheets.
import type { Found } from './api';

// Made when it is asked for: of many series it is long.
export function save(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// A cell that a spreadsheet would run as a formula is written as a text.
const cell = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

export function toCsv(found: Found): string {
  const lines = found.series.flatMap((series) =>
    series.points.map(([at, value]) => [new Date(at).toISOString(), cell(JSON.stringify(series.tags)), value ?? ''].join(',')),
  );
  return ['time,tags,value', ...lines].join('\r\n');
}
