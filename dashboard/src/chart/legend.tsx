// Which line is which: a line of names with their last values, or a table of figures. A click shows one line alone.
import { useMemo, useState } from 'react';
import type { Found } from '../api';
import { quantity, span } from '../text';
import { hue } from './colours';
import { type Figures, figuresOf, type Line } from './columns';
import { leastOf, silentSince } from './gaps';

type Props = { lines: Line[]; found: Found; only: string | null; choose: (key: string) => void };
const FEW = 10;
const LIVE = 120_000; // a range that ends no longer ago ends now

// A line's last value, and how old it is where the line has ended: it is none of now, or of the range's end.
export function lastOf(line: Line, { unit, step, to }: Found): { text: string; age: string | null } {
  const text = quantity(figuresOf(line.points)?.last, unit);
  const now = Date.now();
  const end = Math.min(Date.parse(to), now);
  const since = silentSince(line.points, end, leastOf(step));
  if (since === null) return { text, age: null };
  const isLive = end > now - LIVE;
  return { text, age: isLive ? `${span(Math.floor((end - since) / 60_000) * 60_000)} old` : `until ${new Date(since).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}` };
}

function Last({ line, found }: { line: Line; found: Found }) {
  const { text, age } = lastOf(line, found);
  return age ? <span className="old"><b>{text}</b><small>{age}</small></span> : <b>{text}</b>;
}

export function Names({ lines, found, only, choose }: Props) {
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? lines : lines.slice(0, FEW);
  return (
    <figcaption>
      {shown.map((line) => (
        <button key={line.key} className={only && only !== line.key ? 'line off' : 'line'} aria-pressed={only === line.key} title={line.key || undefined} onClick={() => choose(line.key)}>
          <Swatch line={line} /><bdi>{line.name}</bdi> <Last line={line} found={found} />
        </button>
      ))}
      {lines.length > FEW && <button className="line" onClick={() => setIsWhole(!isWhole)}>{isWhole ? 'fewer' : `and ${lines.length - FEW} more`}</button>}
    </figcaption>
  );
}

export function Table({ lines, found, only, choose }: Props) {
  const [by, setBy] = useState<keyof Figures | null>(null);
  const rows = useMemo(() => {
    const all = lines.map((line) => ({ line, figures: figuresOf(line.points) }));
    return by ? all.sort((a, b) => (b.figures?.[by] ?? -Infinity) - (a.figures?.[by] ?? -Infinity)) : all;
  }, [lines, by]);
  return (
    <div className="scroll figures-of" tabIndex={0} role="group" aria-label="Figures of the series">
      <table>
        <thead>
          <tr>
            <th>Series</th>
            {(['min', 'avg', 'max', 'last'] as const).map((name) => (
              <th key={name} className="n" aria-sort={by === name ? 'descending' : undefined}><button className="quiet" onClick={() => setBy(by === name ? null : name)}>{name}{by === name ? ' ↓' : ''}</button></th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ line, figures }) => (
            <tr key={line.key} className={only && only !== line.key ? 'off' : ''}>
              <td><button className="line" aria-pressed={only === line.key} onClick={() => choose(line.key)}><Swatch line={line} /><bdi>{line.name}</bdi></button></td>
              {(['min', 'avg', 'max', 'last'] as const).map((name) => <td key={name} data-name={name} className="n">{name === 'last' ? <Last line={line} found={found} /> : quantity(figures?.[name], found.unit)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Swatch = ({ line }: { line: Line }) => <i aria-hidden className={line.isBefore ? 'before' : undefined} style={{ background: hue(line.place), borderColor: hue(line.place) }} />;
