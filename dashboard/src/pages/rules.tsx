// Rules: on and off, made and changed with the threshold on the chart, tried on the past before they are saved.
import { useState } from 'react';
import { call, type Found, queryPath, type Rule } from '../api';
import { Chart } from '../chart';
import { useApi } from '../hooks';
import { quantity, span } from '../text';
import { Act, Badge, Card, Field, Waiting } from '../ui';

const CONDITIONS = ['greater_than', 'greater_than_or_equal', 'less_than', 'less_than_or_equal', 'equal', 'not_equal', 'percent_increase', 'percent_decrease'];
const AGGREGATIONS = ['avg', 'min', 'max', 'sum', 'count', 'last', 'stddev', 'p50', 'p75', 'p90', 'p95', 'p99', 'rate', 'increase', 'hosts'];
const BLANK = { name: '', metricType: 'cpu_usage', condition: 'greater_than', threshold: 90, aggregation: 'avg', window: 60, duration: 300, severity: 'medium', groupBy: ['host'], recipients: [] as string[], enabled: true };
type Draft = typeof BLANK;
type Tried = { firings: number; pages: number; minutesFiring: number; evaluations: number; groups: { tags: Record<string, string>; firings: number }[] };
type Suggested = { suggestion: { threshold: number; duration: number; pagesPerWeek: number } | null; message: string | null };

export function Rules({ id }: { id?: string }) {
  if (id === 'new') return <Editor start={BLANK} />;
  return id ? <OneRule id={id} /> : <AllRules />;
}

function AllRules() {
  const rules = useApi<{ rules: Rule[] }>('/alerts/rules', 10);
  return (
    <Card title="Rules" wide aside={<a className="button" href="#/rules/new">New rule</a>}>
      <Waiting loaded={rules}>
        {(found) => (
          <div className="scroll">
            <table>
              <thead><tr><th>Rule</th><th>When</th><th>For</th><th>Severity</th><th>Tells</th><th /></tr></thead>
              <tbody>
                {found.rules.map((rule) => (
                  <tr key={rule.id} className={rule.enabled ? '' : 'off'}>
                    <td><a href={`#/rules/${encodeURIComponent(rule.id)}`}><bdi>{rule.name}</bdi></a>{rule.lastError && <p className="trouble">{rule.lastError}</p>}</td>
                    <td>{rule.metricType ? `${rule.metricType} ${rule.condition?.replaceAll('_', ' ')} ${rule.threshold}` : `${rule.conditions?.length} conditions`}{rule.groupBy.length > 0 && ` by ${rule.groupBy.join(', ')}`}</td>
                    <td>{span(rule.duration * 1000)}</td>
                    <td><Badge kind={rule.severity}>{rule.severity}</Badge></td>
                    <td><bdi>{rule.recipients.join(', ') || 'nobody'}</bdi></td>
                    <td><Act name={rule.enabled ? 'Switch off' : 'Switch on'} run={() => call('PATCH', `/alerts/rules/${rule.id}`, { enabled: !rule.enabled })} done={rules.reload} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Waiting>
    </Card>
  );
}

function OneRule({ id }: { id: string }) {
  const rule = useApi<Rule>(`/alerts/rules/${encodeURIComponent(id)}`);
  return (
    <Waiting loaded={rule}>
      {(found) => found.conditions
        ? <Card title={found.name} wide><p>This rule has several conditions; change it with <code>perfmon rules</code> or the API.</p><pre>{JSON.stringify(found, null, 2)}</pre></Card>
        : <Editor start={{ ...BLANK, ...found } as unknown as Draft} id={id} />}
    </Waiting>
  );
}

function Editor({ start, id }: { start: Draft; id?: string }) {
  const [draft, setDraft] = useState(start);
  const [tried, setTried] = useState<Tried | null>(null);
  const [hint, setHint] = useState<string | null>(null);
  const set = (change: Partial<Draft>) => { setDraft({ ...draft, ...change }); setTried(null); };
  const list = (text: string) => text.split(',').map((each) => each.trim()).filter(Boolean);
  const body = Object.fromEntries(Object.keys(BLANK).map((name) => [name, draft[name as keyof Draft]]));
  const seen = useApi<Found>(draft.metricType ? queryPath({ metricType: draft.metricType, from: '-24h', aggregation: draft.aggregation, groupBy: draft.groupBy.join(','), topk: '20' }) : null, 30);
  const suggest = async () => {
    const found = await call<Suggested>('POST', '/alerts/rules/suggest', { rule: { ...body, threshold: undefined, name: draft.name || 'new' }, from: '-28d', pagesPerWeek: 1 });
    setHint(found.suggestion ? `${quantity(found.suggestion.threshold)} for ${span(found.suggestion.duration * 1000)} would page about ${found.suggestion.pagesPerWeek} times a week.` : found.message);
    if (found.suggestion) set({ threshold: found.suggestion.threshold, duration: found.suggestion.duration });
  };
  return (
    <Card title={id ? `Rule: ${start.name}` : 'New rule'} wide aside={id && <Act name="Delete" confirm="Delete the rule and end its alerts?" run={() => call('DELETE', `/alerts/rules/${id}`)} done={() => (location.hash = '#/rules')} />}>
      <div className="form">
        <Field label="Name"><input value={draft.name} onChange={(event) => set({ name: event.target.value })} placeholder="Checkout is slow" /></Field>
        <Field label="Metric"><input value={draft.metricType} onChange={(event) => set({ metricType: event.target.value })} /></Field>
        <Field label="Condition"><select value={draft.condition} onChange={(event) => set({ condition: event.target.value })}>{CONDITIONS.map((each) => <option key={each} value={each}>{each.replaceAll('_', ' ')}</option>)}</select></Field>
        <Field label="Threshold"><input type="number" step="any" value={draft.threshold} onChange={(event) => set({ threshold: event.target.valueAsNumber || 0 })} /></Field>
        <Field label="Aggregation"><select value={draft.aggregation} onChange={(event) => set({ aggregation: event.target.value })}>{AGGREGATIONS.map((each) => <option key={each}>{each}</option>)}</select></Field>
        <Field label="Over seconds"><input type="number" value={draft.window} onChange={(event) => set({ window: event.target.valueAsNumber || 60 })} /></Field>
        <Field label="For seconds"><input type="number" value={draft.duration} onChange={(event) => set({ duration: event.target.valueAsNumber || 0 })} /></Field>
        <Field label="Group by"><input value={draft.groupBy.join(', ')} onChange={(event) => set({ groupBy: list(event.target.value) })} /></Field>
        <Field label="Severity"><select value={draft.severity} onChange={(event) => set({ severity: event.target.value })}>{['low', 'medium', 'high', 'critical'].map((each) => <option key={each}>{each}</option>)}</select></Field>
        <Field label="Tell (addresses)"><input value={draft.recipients.join(', ')} onChange={(event) => set({ recipients: list(event.target.value) })} placeholder="you@example.com" /></Field>
      </div>
      <Waiting loaded={seen} empty="Looking at the last day …">{(found) => <Chart found={found} height={240} threshold={draft.condition.startsWith('percent') ? null : draft.threshold} label={draft.metricType} />}</Waiting>
      <div className="acts">
        <Act kind="primary" name={id ? 'Save' : 'Create'} run={() => (id ? call('PATCH', `/alerts/rules/${id}`, body) : call('POST', '/alerts/rules', body))} done={() => (location.hash = '#/rules')} />
        <Act name="Try on the last 24 hours" run={async () => setTried(await call<Tried>('POST', '/alerts/rules/backtest', { rule: { ...body, name: draft.name || 'new' }, from: '-24h' }))} />
        <Act name="Suggest a threshold" run={suggest} />
        {hint && <span className="note">{hint}</span>}
      </div>
      {tried && (
        <p role="status" className="result">
          In the last 24 hours it would have fired <b>{tried.firings}</b> times, paged <b>{tried.pages}</b> times and been firing for <b>{span(tried.minutesFiring * 60_000)}</b>
          {tried.firings > 0 && <>, most on <bdi>{Object.values(tried.groups[0]?.tags ?? {}).join(' ') || 'all'}</bdi></>}.
        </p>
      )}
    </Card>
  );
}
