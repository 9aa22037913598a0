// The colours of lines: variables of the style sheet, so that each scheme has its own.
import { useEffect, useState } from 'react';

const HUES = 10;
export const hues = (): string[] => Array.from({ length: HUES }, (_, place) => hue(place));
export const hue = (place: number): string => `var(--s${place % HUES})`;

// A canvas does not know light-dark(): the browser says what a variable comes to.
export function resolved(colour: string): string {
  const probe = document.createElement('i');
  probe.style.color = colour;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// Changes when the system goes from light to dark, as many do in the evening: charts are drawn anew then.
export function useScheme(): boolean {
  const [isDark, setIsDark] = useState(() => dark().matches);
  useEffect(() => {
    const query = dark();
    const changed = () => setIsDark(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return isDark;
}

const dark = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');
