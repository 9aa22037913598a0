// A card with a chart of one metric over the page's range; asked for once it comes near the window.
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Found, type Query, queryPath } from './api';
import { Chart } from './chart/chart';
import type { Mark } from './chart/marks';
import { useApi, useKept } from './hooks';
import { fixed, type Range, setRange, type Watch, widened } from './range';
import { Card, Waiting } from './ui';

type Props = { title: string; query: Omit<Query, 'from' | 'to'>; range: Watch; isFixed?: boolean; threshold?: number | null; height?: number; marks?: Mark[]; hidesEmpty?: boolean };

export const useWiden = (range: Watch): (() => void) => useCallback(() => setRange(widened(range)), [range.from, range.to]);
export const zoomTo = (from: number, to: number): void => setRange(fixed(from, to));

// `isFixed`: the range is the page's own, and no zoom of one changes the others. `hidesEmpty`: no card where there is nothing.
export function Metric({ title, query, range, isFixed, threshold, height, marks, hidesEmpty }: Props) {
  const [ref, isNear] = useNear();
  const asked = { ...query, from: range.from, to: range.to };
  const loaded = useKept(useApi<Found>(isNear ? queryPath(asked) : null, range.every));
  const zoom = isFixed ? undefined : zoomTo;
  const widen = useWiden(range);
  if (hidesEmpty && loaded.data && !loaded.data.series.length) return null;
  return (
    <Card title={title} aside={<a href={exploreLink(query, range)}>explore</a>}>
      <div ref={ref} style={{ minHeight: isNear && loaded.data ? undefined : height ?? 170 }}>
        {isNear && (
          <Waiting loaded={loaded}>
            {(found) => <Chart found={found} threshold={threshold} height={height} label={title} marks={marks} zoom={zoom} widen={zoom && widen} />}
          </Waiting>
        )}
      </div>
    </Card>
  );
}

export const exploreLink = (query: Omit<Query, 'from'>, range: Range): string =>
  `#/explore?${new URLSearchParams(Object.entries({ ...query, from: range.from, to: range.to }).filter(([, value]) => value) as [string, string][])}`;

// Whether it has ever been within a window's height of what one sees.
function useNear(): [React.RefObject<HTMLDivElement | null>, boolean] {
  const ref = useRef<HTMLDivElement>(null);
  const [isNear, setIsNear] = useState(typeof IntersectionObserver === 'undefined');
  useEffect(() => {
    if (isNear || !ref.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setIsNear(true), { rootMargin: '800px' });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [isNear]);
  return [ref, isNear];
}
