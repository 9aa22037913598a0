// One rule, made or changed with the threshold on the chart, and tried on the past before it is saved.
import { useMemo, useState } from 'react';
import { call, type Channel } from '../api';
import { useApi } from '../hooks';
import { link } from '../route';
import { span } from '../text';
import { Act, Card, Field, Figure, Typed } from '../ui';
import { ConditionFields, Past } from './rule_condition';
import { bodyOf, type Condition, CONDITION, type Draft, list } from './rule_draft';
import { MoreFields } from './rule_more';
import { marksOfTrial, Trial, type Tried } from './rule_trial';

const MOST_CONDITIONS = 10;

export function Editor({ start, id }: { start: Draft; id?: string }) {
  const [draft, setDraft] = useState(start);
  const [tried, setTried] = useState<Tried | null>(null);
  const [past, setPast] = useState('-24h');
  const set = (change: Partial<Draft>) => { setDraft((before) => ({ ...before, ...change })); setTried(null); };
  const setCondition = (place: number, change: Partial<Condition>) =>
    set({ conditions: draft.conditions.map((each, at) => (at === place ? { ...each, ...change } : each)) });
  const body = bodyOf(draft);
  const isOne = draft.conditions.length === 1;
  const channels = useApi<{ channels: Channel[] }>('/channels');
  const metrics = useApi<{ metrics: { metricType: string }[] }>('/metrics/catalog');
  const marks = useMemo(() => marksOfTrial(tried), [tried]);
  const path = id && `/alerts/rules/${encodeURIComponent(id)}`;
  return (
    <Card title={id ? `Rule: ${start.name}` : 'New rule'} isPage aside={path && (
      <span className="acts">
        <a href={`#/alerts?ruleId=${encodeURIComponent(id)}`}>its alerts</a>
        <Act name="Delete" needs="manage" confirm="Delete the rule and end its alerts?" run={() => call('DELETE', path)} done={() => (location.hash = '#/rules')} />
      </span>
    )}>
      <datalist id="known-metrics">{metrics.data?.metrics.map((each) => <option key={each.metricType} value={each.metricType} />)}</datalist>
      <div className="form">
        <Field label="Name"><input value={draft.name} onChange={(event) => set({ name: event.target.value })} placeholder="Checkout is slow" /></Field>
        <Field label="Severity"><select value={draft.severity} onChange={(event) => set({ severity: event.target.value })}>{['low', 'medium', 'high', 'critical'].map((each) => <option key={each}>{each}</option>)}</select></Field>
        <Field label="Group by"><Typed value={draft.groupBy.join(', ')} placeholder="host" onDone={(text) => set({ groupBy: list(text) })} /></Field>
        <Field label="For seconds" hint={span(draft.duration * 1000)}><Figure min={0} value={draft.duration} onDone={(duration) => set({ duration })} /></Field>
        <Field label="Tell (addresses)"><Typed value={draft.recipients.join(', ')} onDone={(text) => set({ recipients: list(text) })} placeholder="you@example.com" /></Field>
      </div>
      {isOne ? <ConditionFields of={draft.conditions[0]!} set={(change) => setCondition(0, change)} /> : draft.conditions.map((each, place) => (
        <fieldset key={place} className="condition">
          <legend>Condition {place + 1}</legend>
          <ConditionFields of={each} set={(change) => setCondition(place, change)} />
          <Past of={each} groupBy={draft.groupBy} from={past} marks={marks} height={150} />
          <button className="quiet" onClick={() => set({ conditions: draft.conditions.filter((_, at) => at !== place) })}>{`Remove condition ${place + 1}`}</button>
        </fieldset>
      ))}
      <div className="acts">
        {draft.conditions.length < MOST_CONDITIONS && <button onClick={() => set({ conditions: [...draft.conditions, CONDITION] })}>Add a condition</button>}
        {!isOne && <Field label="It is breached when"><select value={draft.match} onChange={(event) => set({ match: event.target.value })}><option value="all">all conditions hold</option><option value="any">any condition holds</option></select></Field>}
      </div>
      <MoreFields draft={draft} set={set} />
      <fieldset className="choices">
        <legend>Tell by channel</legend>
        {channels.data?.channels.map(({ id: channel, name }) => (
          <label key={channel}>
            <input type="checkbox" checked={draft.channels.includes(channel)}
              onChange={(event) => set({ channels: event.target.checked ? [...draft.channels, channel] : draft.channels.filter((each) => each !== channel) })} /> <bdi>{name}</bdi>
          </label>
        ))}
        {channels.data?.channels.length === 0 && <span className="note">There is none yet: <a href={link('channels')}>make one</a>.</span>}
      </fieldset>
      {!draft.recipients.length && !draft.channels.length && <p className="note">It tells nobody: its alerts stand here only.</p>}
      {/* Above the chart, whose height is not known before its data: buttons hold still. */}
      <div className="acts">
        <Act kind="primary" needs="manage" name={id ? 'Save' : 'Create'} run={() => (path ? call('PATCH', path, body) : call('POST', '/alerts/rules', body))} done={() => (location.hash = '#/rules')} />
        <a className="button quiet" href={link('rules')}>Cancel</a>
      </div>
      <h2 className="below">On the past</h2>
      <Trial rule={{ ...body, name: draft.name || 'new' }} past={past} setPast={(chosen) => { setPast(chosen); setTried(null); }} tried={tried} setTried={setTried}
        take={isOne ? ({ threshold, duration }) => set({ conditions: [{ ...draft.conditions[0]!, threshold }], duration }) : null} />
      {isOne && <Past of={draft.conditions[0]!} groupBy={draft.groupBy} from={past} marks={marks} height={260} />}
    </Card>
  );
}
