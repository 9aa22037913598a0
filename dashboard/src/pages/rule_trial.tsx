// A rule tried on the past before it is saved, and a threshold that pages as often as one can bear.
import { useState } from 'react';
import { call } from '../api';
import type { Mark } from '../chart/marks';
import { quantity, span, tagsText } from '../text';
import { Act } from '../ui';

export type Tried = {
  approximate: boolean; firings: number; pages: number; minutesFiring: number; flaps: number; dropped: number;
  groups: { tags: Record<string, string>; firings: number; transitions: { at: string; from: string | null; to: string }[] }[];
};
type Offer = { threshold: number; duration: number; pagesPerWeek: number; likelyAtMost?: number };
type Suggested = { suggestion: Offer | null; message: string | null; curve: Offer[] };

export const PAST: Record<string, string> = { '-24h': '24 hours', '-3d': '3 days', '-7d': '7 days', '-14d': '14 days', '-28d': '28 days' };
const BEARABLE = [['0.25', 'one page a month'], ['1', 'one page a week'], ['3', 'three pages a week'], ['7', 'one page a day']] as const; // a record would put whole numbers first

type Props = {
  rule: Record<string, unknown>; past: string; setPast: (past: string) => void; tried: Tried | null; setTried: (tried: Tried) => void;
  take: ((offer: Offer) => void) | null; // null: of several conditions no threshold can be suggested
};

export function Trial({ rule, past, setPast, tried, setTried, take }: Props) {
  const [bearable, setBearable] = useState('1');
  const [found, setFound] = useState<Suggested | null>(null);
  const attempt = async () => setTried(await call<Tried>('POST', '/alerts/rules/backtest', { rule, from: past }));
  const suggest = async () => {
    const answer = await call<Suggested>('POST', '/alerts/rules/suggest', { rule: { ...rule, threshold: undefined }, from: '-28d', pagesPerWeek: Number(bearable) });
    setFound(answer);
    if (answer.suggestion) take?.(answer.suggestion);
  };
  return (
    <>
      <div className="acts">
        <select aria-label="How far back" value={past} onChange={(event) => setPast(event.target.value)}>{Object.entries(PAST).map(([value, name]) => <option key={value} value={value}>last {name}</option>)}</select>
        <Act name="Try it" run={attempt} />
        {take && (
          <>
            <span className="between" aria-hidden />
            <select aria-label="How many pages are bearable" value={bearable} onChange={(event) => setBearable(event.target.value)}>{BEARABLE.map(([value, name]) => <option key={value} value={value}>{name}</option>)}</select>
            <Act name="Suggest a threshold" run={suggest} />
          </>
        )}
      </div>
      {found && take && <Offers found={found} take={(offer) => { take(offer); setFound(null); }} />}
      {tried && (
        <p role="status" className="result">
          In the last {PAST[past]} it would have fired <b>{tried.firings}</b> times, paged <b>{tried.pages}</b> times and been firing for <b>{span(tried.minutesFiring * 60_000)}</b>
          {tried.groups.length > 1 && ' over all groups together'}
          {tried.firings > 0 && tried.groups.length > 1 && <>, most on <bdi>{tagsText(most(tried).tags) || 'all'}</bdi></>}.
          {tried.flaps > 0 && ` ${tried.flaps} times it came back within its cooldown.`}
          {tried.approximate && ' This is approximate: the samples of that time are gone, and five-minute rollups stand for them.'}
          {tried.firings > 0 && <> <span className="mark" aria-hidden />On the chart: when.</>}
        </p>
      )}
    </>
  );
}

const most = (tried: Tried) => [...tried.groups].sort((a, b) => b.firings - a.firings)[0]!;

// What was found, or where nothing fits, what comes nearest.
function Offers({ found, take }: { found: Suggested; take: (offer: Offer) => void }) {
  if (found.suggestion) return <p role="status" className="result">Filled in: {words(found.suggestion)}.</p>;
  const nearest = [...found.curve].sort((a, b) => a.pagesPerWeek - b.pagesPerWeek || a.threshold - b.threshold).slice(0, 3);
  return (
    <div role="status" className="result">
      <p>{found.message}</p>
      {nearest.length > 0 && <ul className="choices">{nearest.map((offer) => <li key={`${offer.threshold} ${offer.duration}`}><button onClick={() => take(offer)}>{words(offer)}</button></li>)}</ul>}
    </div>
  );
}

const words = ({ threshold, duration, pagesPerWeek }: Offer): string =>
  `${quantity(threshold)} for ${span(duration * 1000)}: ${pagesPerWeek ? `about ${quantity(pagesPerWeek)} pages a week` : 'would not have paged'}`;

// When it would have fired, as stretches on a chart.
export function marksOfTrial(tried: Tried | null): Mark[] {
  return (tried?.groups ?? []).flatMap(({ tags, transitions }) =>
    transitions.flatMap((step, place) => step.to !== 'firing' ? [] : [{
      from: Date.parse(step.at), to: transitions[place + 1] ? Date.parse(transitions[place + 1]!.at) : null, kind: 'fail' as const, label: `would fire${Object.keys(tags).length ? `: ${Object.values(tags).join(' ')}` : ''}`,
    }]));
}
