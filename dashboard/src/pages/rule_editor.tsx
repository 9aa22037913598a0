// One rule, made or changed with the threshold on the chart, and tried on the past before it is saved.
import { useState } from 'react';
import { call, type Channel, type Found, queryPath } from '../api';
import { Chart } from '../chart';
import { useApi, useKept } from '../hooks';
import { quantity, span } from '../text';
import { Act, Card, Field, Typed, Waiting } from '../ui';

const CONDITIONS = ['greater_than', 'greater_than_or_equal', 'less_than', 'less_than_or_equal', 'equal', 'not_equal', 'percent_increase', 'percent_decrease'];
const AGGREGATIONS = ['avg', 'min', 'max', 'sum', 'count', 'last', 'stddev', 'p50', 'p75', 'p90', 'p95', 'p99', 'rate', 'increase', 'hosts'];
export const BLANK = { name: '', metricType: 'cpu_usage', condition: 'greater_than', threshold: 90, aggregation: 'avg', window: 60, duration: 300, severity: 'medium', groupBy: ['host'], recipients: [] as string[], channels: [] as string[], tags: {} as Record<string, string>, enabled: true };
export type Draft = typeof BLANK;
type Tried = { approximate: boolean; firings: number; pages: number; minutesFiring: number; evaluations: number; groups: { tags: Record<string, string>; firings: number }[] };
type Suggested = { suggestion: { threshold: number; duration: number; pagesPerWeek: number } | null; message: string | null };

const PAST: Record<string, string> = { '-24h': '24 hours', '-7d': '7 days', '-28d': '28 days' };

export function Editor({ start, id }: { start: Draft; id?: string }) {
  const [draft, setDraft] = useState(start);
  const [tried, setTried] = useState<Tried | null>(null);
  const [past, setPast] = useState('-24h');
  const [hint, setHint] = useState<string | null>(null);
  const set = (change: Partial<Draft>) => { setDraft((before) => ({ ...before, ...change })); setTried(null); };
  const body = Object.fromEntries(Object.keys(BLANK).map((name) => [name, draft[name as keyof Draft]]));
  const seen = useKept(useApi<Found>(draft.metricType ? queryPath({ metricType: draft.metricType, from: '-24h', aggregation: draft.aggregation, groupBy: draft.groupBy.join(','), topk: '20',
    tags: Object.keys(draft.tags).length ? JSON.stringify(draft.tags) : '' }) : null, 30));
  const channels = useApi<{ channels: Channel[] }>('/channels');
  const attempt = async () => setTried(await call<Tried>('POST', '/alerts/rules/backtest', { rule: { ...body, name: draft.name || 'new' }, from: past }));
  const suggest = async () => {
    const found = await call<Suggested>('POST', '/alerts/rules/suggest', { rule: { ...body, threshold: undefined, name: draft.name || 'new' }, from: '-28d', pagesPerWeek: 1 });
    setHint(found.suggestion ? `${quantity(found.suggestion.threshold)} for ${span(found.suggestion.duration * 1000)} would page about ${found.suggestion.pagesPerWeek} times a week.` : found.message);
    if (found.suggestion) set({ threshold: found.suggestion.threshold, duration: found.suggestion.duration });
  };
  return (
    <Card title={id ? `Rule: ${start.name}` : 'New rule'} isPage aside={id && <Act name="Delete" confirm="Delete the rule and end its alerts?" run={() => call('DELETE', `/alerts/rules/${id}`)} done={() => (location.hash = '#/rules')} />}>
      <div className="form">
        <Field label="Name"><input value={draft.name} onChange={(event) => set({ name: event.target.value })} placeholder="Checkout is slow" /></Field>
        <Field label="Metric"><Typed value={draft.metricType} onDone={(metricType) => set({ metricType })} /></Field>
        <Field label="Condition"><select value={draft.condition} onChange={(event) => set({ condition: event.target.value })}>{CONDITIONS.map((each) => <option key={each} value={each}>{each.replaceAll('_', ' ')}</option>)}</select></Field>
        <Field label="Threshold"><input type="number" step="any" value={draft.threshold} onChange={(event) => set({ threshold: event.target.valueAsNumber || 0 })} /></Field>
        <Field label="Aggregation"><select value={draft.aggregation} onChange={(event) => set({ aggregation: event.target.value })}>{AGGREGATIONS.map((each) => <option key={each}>{each}</option>)}</select></Field>
        <Field label="Over seconds"><input type="number" value={draft.window} onChange={(event) => set({ window: event.target.valueAsNumber || 60 })} /></Field>
        <Field label="For seconds"><input type="number" value={draft.duration} onChange={(event) => set({ duration: event.target.valueAsNumber || 0 })} /></Field>
        <Field label="Tags"><Typed value={tagList(draft.tags)} placeholder="host:web-1, mount:/" onDone={(text) => set({ tags: readTags(text) })} /></Field>
        <Field label="Group by"><Typed value={draft.groupBy.join(', ')} placeholder="host" onDone={(text) => set({ groupBy: list(text) })} /></Field>
        <Field label="Severity"><select value={draft.severity} onChange={(event) => set({ severity: event.target.value })}>{['low', 'medium', 'high', 'critical'].map((each) => <option key={each}>{each}</option>)}</select></Field>
        <Field label="Tell (addresses)"><Typed value={draft.recipients.join(', ')} onDone={(text) => set({ recipients: list(text) })} placeholder="you@example.com" /></Field>
      </div>
      {!!channels.data?.channels.length && (
        <fieldset className="choices">
          <legend>Tell by channel</legend>
          {channels.data.channels.map(({ id: channel, name }) => (
            <label key={channel}>
              <input type="checkbox" checked={draft.channels.includes(channel)}
                onChange={(event) => set({ channels: event.target.checked ? [...draft.channels, channel] : draft.channels.filter((each) => each !== channel) })} /> <bdi>{name}</bdi>
            </label>
          ))}
        </fieldset>
      )}
      {/* Above the chart, whose height is not known before its data: buttons hold still. */}
      <div className="acts">
        <Act kind="primary" name={id ? 'Save' : 'Create'} run={() => (id ? call('PATCH', `/alerts/rules/${id}`, body) : call('POST', '/alerts/rules', body))} done={() => (location.hash = '#/rules')} />
        <select aria-label="How far back" value={past} onChange={(event) => { setPast(event.target.value); setTried(null); }}>{Object.entries(PAST).map(([value, name]) => <option key={value} value={value}>last {name}</option>)}</select>
        <Act name="Try it" run={attempt} />
        <Act name="Suggest a threshold" run={suggest} />
        {hint && <span className="note">{hint}</span>}
      </div>
      {tried && (
        <p role="status" className="result">
          In the last {PAST[past]} it would have fired <b>{tried.firings}</b> times, paged <b>{tried.pages}</b> times and been firing for <b>{span(tried.minutesFiring * 60_000)}</b>
          {tried.firings > 0 && <>, most on <bdi>{Object.values(tried.groups[0]?.tags ?? {}).join(' ') || 'all'}</bdi></>}.
          {tried.approximate && ' This is approximate: the samples of that time are gone, and five-minute rollups stand for them.'}
        </p>
      )}
      <Waiting loaded={seen} empty="Looking at the last day …">{(found) => <Chart found={found} height={240} threshold={draft.condition.startsWith('percent') ? null : draft.threshold} label={draft.metricType} />}</Waiting>
    </Card>
  );
}

const list = (text: string): string[] => text.split(',').map((each) => each.trim()).filter(Boolean);
const tagList = (tags: Record<string, string>): string => Object.entries(tags).map(([key, value]) => `${key}:${value}`).join(', ');

// `host:web-1, mount:/` as tags; what has no colon is no tag.
const readTags = (text: string): Record<string, string> =>
  Object.fromEntries(list(text).filter((each) => each.includes(':')).map((each) => [each.slice(0, each.indexOf(':')).trim(), each.slice(each.indexOf(':') + 1).trim()]));
