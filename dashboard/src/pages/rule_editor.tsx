// One rule, made or changed with the threshold on the chart, and tried on the past before it is saved.
import { useState } from 'react';
import { call, type Channel } from '../api';
import { useApi } from '../hooks';
import { quantity, span } from '../text';
import { Act, Card, Field, Typed } from '../ui';
import { ConditionFields, LastDay, Number } from './rule_condition';
import { bodyOf, type Condition, CONDITION, type Draft, list } from './rule_draft';

type Tried = { approximate: boolean; firings: number; pages: number; minutesFiring: number; evaluations: number; groups: { tags: Record<string, string>; firings: number }[] };
type Suggested = { suggestion: { threshold: number; duration: number; pagesPerWeek: number } | null; message: string | null };

const PAST: Record<string, string> = { '-24h': '24 hours', '-7d': '7 days', '-28d': '28 days' };
const MOST_CONDITIONS = 10;

export function Editor({ start, id }: { start: Draft; id?: string }) {
  const [draft, setDraft] = useState(start);
  const [tried, setTried] = useState<Tried | null>(null);
  const [past, setPast] = useState('-24h');
  const [hint, setHint] = useState<string | null>(null);
  const set = (change: Partial<Draft>) => { setDraft((before) => ({ ...before, ...change })); setTried(null); };
  const setCondition = (place: number, change: Partial<Condition>) =>
    set({ conditions: draft.conditions.map((each, at) => (at === place ? { ...each, ...change } : each)) });
  const body = bodyOf(draft);
  const isOne = draft.conditions.length === 1;
  const channels = useApi<{ channels: Channel[] }>('/channels');
  const attempt = async () => setTried(await call<Tried>('POST', '/alerts/rules/backtest', { rule: { ...body, name: draft.name || 'new' }, from: past }));
  const suggest = async () => {
    const found = await call<Suggested>('POST', '/alerts/rules/suggest', { rule: { ...body, threshold: undefined, name: draft.name || 'new' }, from: '-28d', pagesPerWeek: 1 });
    setHint(found.suggestion ? `${quantity(found.suggestion.threshold)} for ${span(found.suggestion.duration * 1000)} would page about ${found.suggestion.pagesPerWeek} times a week.` : found.message);
    if (found.suggestion) set({ conditions: [{ ...draft.conditions[0]!, threshold: found.suggestion.threshold }], duration: found.suggestion.duration });
  };
  return (
    <Card title={id ? `Rule: ${start.name}` : 'New rule'} isPage aside={id && <Act name="Delete" confirm="Delete the rule and end its alerts?" run={() => call('DELETE', `/alerts/rules/${id}`)} done={() => (location.hash = '#/rules')} />}>
      <div className="form">
        <Field label="Name"><input value={draft.name} onChange={(event) => set({ name: event.target.value })} placeholder="Checkout is slow" /></Field>
        <Field label="Severity"><select value={draft.severity} onChange={(event) => set({ severity: event.target.value })}>{['low', 'medium', 'high', 'critical'].map((each) => <option key={each}>{each}</option>)}</select></Field>
        <Field label="Group by"><Typed value={draft.groupBy.join(', ')} placeholder="host" onDone={(text) => set({ groupBy: list(text) })} /></Field>
        <Field label="For seconds"><input type="number" value={draft.duration} onChange={(event) => set({ duration: event.target.valueAsNumber || 0 })} /></Field>
        <Field label="Tell (addresses)"><Typed value={draft.recipients.join(', ')} onDone={(text) => set({ recipients: list(text) })} placeholder="you@example.com" /></Field>
      </div>
      {isOne ? <ConditionFields of={draft.conditions[0]!} set={(change) => setCondition(0, change)} /> : draft.conditions.map((each, place) => (
        <fieldset key={place} className="condition">
          <legend>Condition {place + 1}</legend>
          <ConditionFields of={each} set={(change) => setCondition(place, change)} />
          <LastDay of={each} groupBy={draft.groupBy} height={150} />
          <button className="quiet" onClick={() => set({ conditions: draft.conditions.filter((_, at) => at !== place) })}>{`Remove condition ${place + 1}`}</button>
        </fieldset>
      ))}
      <div className="acts">
        {draft.conditions.length < MOST_CONDITIONS && <button onClick={() => set({ conditions: [...draft.conditions, CONDITION] })}>Add a condition</button>}
        {!isOne && <Field label="It is breached when"><select value={draft.match} onChange={(event) => set({ match: event.target.value })}><option value="all">all conditions hold</option><option value="any">any condition holds</option></select></Field>}
      </div>
      <details>
        <summary>More: no data, cooldown, description</summary>
        <div className="form">
          <Field label="No data is"><select value={draft.noData ?? ''} onChange={(event) => set({ noData: event.target.value || null })}><option value="">treated as usual</option><option value="ignore">no news</option><option value="keep">a reason to keep the state</option><option value="alert">a breach</option></select></Field>
          <Field label="Keep firing (s)"><input type="number" value={draft.keepFiringFor} onChange={(event) => set({ keepFiringFor: event.target.valueAsNumber || 0 })} /></Field>
          <Field label="Cooldown (s)"><Number value={draft.cooldownPeriod} placeholder="the service's own" onDone={(cooldownPeriod) => set({ cooldownPeriod })} /></Field>
          <Field label="Runbook"><input type="url" value={draft.runbookUrl} onChange={(event) => set({ runbookUrl: event.target.value })} placeholder="https://…" /></Field>
          <Field label="Description"><textarea rows={2} value={draft.description} onChange={(event) => set({ description: event.target.value })} placeholder="What to do when it fires" /></Field>
        </div>
      </details>
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
        {isOne && <Act name="Suggest a threshold" run={suggest} />}
        {hint && <span className="note">{hint}</span>}
      </div>
      {tried && (
        <p role="status" className="result">
          In the last {PAST[past]} it would have fired <b>{tried.firings}</b> times, paged <b>{tried.pages}</b> times and been firing for <b>{span(tried.minutesFiring * 60_000)}</b>
          {tried.firings > 0 && <>, most on <bdi>{Object.values(tried.groups[0]?.tags ?? {}).join(' ') || 'all'}</bdi></>}.
          {tried.approximate && ' This is approximate: the samples of that time are gone, and five-minute rollups stand for them.'}
        </p>
      )}
      {isOne && <LastDay of={draft.conditions[0]!} groupBy={draft.groupBy} height={240} />}
    </Card>
  );
}
