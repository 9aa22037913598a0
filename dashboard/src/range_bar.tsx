// Chooses the range: presets, a step back and forth, wider, two instants of one's own; and how often it is asked anew.
import { useState } from 'react';
import { bounds, fixed, moved, named, PACES, PRESETS, setRange, type Watch, widened } from './range';
import { setQuery, useRoute } from './route';

export function RangeBar({ range }: { range: Watch }) {
  const { search } = useRoute();
  const [isOwn, setIsOwn] = useState(false);
  const presets = range.to || PRESETS.includes(range.from) ? PRESETS : [...PRESETS, range.from];
  const choose = (value: string) => {
    setIsOwn(value === 'own');
    if (value !== 'own') setRange({ from: value, to: '' });
  };
  return (
    <div className="range" role="group" aria-label="Range">
      <button onClick={() => setRange(moved(range, -1))} aria-label="Earlier" title="Earlier">‹</button>
      <select aria-label="Time range" value={range.to || isOwn ? 'own' : range.from} onChange={(event) => choose(event.target.value)}>
        {presets.map((each) => <option key={each} value={each}>{named(each)}</option>)}
        <option value="own">{range.to ? spelled(range) : 'from … to …'}</option>
      </select>
      <button onClick={() => setRange(moved(range, 1))} disabled={!range.to} aria-label="Later" title="Later">›</button>
      <button onClick={() => setRange(widened(range))} aria-label="Zoom out" title="Twice as long (or double-click a chart)">−</button>
      <label className="pace"><span>Refresh</span>{' '}
        <select aria-label="Refresh" value={range.to ? 'off' : (search.get('every') ?? '')} disabled={Boolean(range.to)} onChange={(event) => setQuery({ every: event.target.value })}>
          {PACES.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
        </select>
      </label>
      {(isOwn || range.to) && <OwnRange key={range.from + range.to} range={range} />}
    </div>
  );
}

const spelled = (range: Watch): string => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).formatRange(...bounds(range));

function OwnRange({ range }: { range: Watch }) {
  const [[from, to], setBoth] = useState(() => bounds(range).map(typed) as [string, string]);
  const isWrong = !(Date.parse(from) < Date.parse(to));
  return (
    <form className="own" onSubmit={(event) => { event.preventDefault(); if (!isWrong) setRange(fixed(Date.parse(from), Date.parse(to))); }}>
      <input type="datetime-local" step="1" aria-label="From" value={from} onChange={(event) => setBoth([event.target.value, to])} />
      <input type="datetime-local" step="1" aria-label="To" value={to} onChange={(event) => setBoth([from, event.target.value])} />
      <button disabled={isWrong}>Show</button>
    </form>
  );
}

// As such a field wants it: the viewer's own time, without a zone.
function typed(at: number): string {
  const here = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return here.toISOString().slice(0, 19);
}
