// Which line is which: a line of names with their last values, or a table of figures. A click shows one line alone.
import { useMemo, useState } from 'react';
import { quantity } from '../text';
import { hue } from './colours';
import { type Figures, figuresOf, type Line } from './columns';

type Props = { lines: Line[]; unit: string; only: string | null; choose: (key: string) => void };
const FEW = 10;

export function Names({ lines, unit, only, choose }: Props) {
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? lines : lines.slice(0, FEW);
  return (
    <figcaption>
      {shown.map((line) => (
        <button key={line.key} className={only && only !== line.key ? 'line off' : 'line'} aria-pressed={only === line.key} title={line.key || undefined} onClick={() => choose(line.key)}>
          <Swatch line={line} /><bdi>{line.name}</bdi> <b>{quantity(figuresOf(line.points)?.last, unit)}</b>
        </button>
      ))}
      {lines.length > FEW && <button className="line" onClick={() => setIsWhole(!isWhole)}>{isWhole ? 'fewer' : `and ${lines.length - FEW} more`}</button>}
    </figcaption>
  );
}

export function Table({ lines, unit, only, choose }: Props) {
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
              {(['min', 'avg', 'max', 'last'] as const).map((name) => <td key={name} data-name={name} className="n">{quantity(figures?.[name], unit)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Swatch = ({ line }: { line: Line }) => <i aria-hidden className={line.isBefore ? 'before' : undefined} style={{ background: hue(line.place), borderColor: hue(line.place) }} />;
