// The alerts of a range as marks on the charts of their metrics.
import { useMemo } from 'react';
import type { Alert } from './api';
import { type Mark, marksOf } from './chart/marks';
import { useApi, useKept } from './hooks';
import type { Range } from './range';

const NONE: Mark[] = [];

// The newest that began before the range ends: one that began long before may still go on in it. `of` is what the history takes.
export function useAlertMarks(range: Range, of: Record<string, string> | null): (metricType: string) => Mark[] {
  const asked = of && new URLSearchParams({ state: 'firing,resolved', ...of, ...(range.to && { to: range.to }) });
  const found = useKept(useApi<{ alerts: Alert[] }>(asked && `/alerts?${asked}`, 15)).data;
  return useMemo(() => {
    const marks = new Map<string, Mark[]>();
    for (const alert of found?.alerts ?? []) marks.set(alert.metricType, [...(marks.get(alert.metricType) ?? NONE), ...marksOf([alert])]);
    return (metricType) => marks.get(metricType) ?? NONE;
  }, [found]);
}
