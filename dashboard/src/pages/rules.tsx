// Rules: what is judged, how it stands, whom it tells, on and off.
import { type Alert, call, type Channel, type Rule } from '../api';
import { useApi } from '../hooks';
import { link, useRoute } from '../route';
import { span } from '../text';
import { Act, Acts, Badge, Card, Waiting } from '../ui';
import { BLANK, conditionsOf, draftOf, list, tagsOf } from './rule_draft';
import { Editor } from './rule_editor';
import { Now } from './rule_now';

export function Rules({ id }: { id?: string }) {
  if (id === 'new') return <NewRule />;
  return id ? <OneRule id={id} /> : <AllRules />;
}

type Counted = { ruleId: string; fired: number };

function AllRules() {
  const rules = useApi<{ rules: Rule[] }>('/alerts/rules', 10);
  const channels = useApi<{ channels: Channel[] }>('/channels');
  const alerts = useApi<{ alerts: Alert[] }>('/alerts/active?state=pending', 10);
  const stats = useApi<{ rules: Counted[] }>('/alerts/stats?from=-7d', 60);
  const metrics = useApi<{ metrics: { metricType: string; units: string[] }[] }>('/metrics/catalog');
  const unitOf = (metricType: string) => metrics.data?.metrics.find((each) => each.metricType === metricType)?.units[0] ?? '';
  const named = (id: string) => channels.data?.channels.find((each) => each.id === id)?.name ?? id;
  const tells = (rule: Rule) => [...rule.channels.map(named), ...rule.recipients].join(', ');
  const fired = (rule: Rule) => stats.data?.rules.find((each) => each.ruleId === rule.id)?.fired ?? 0;
  return (
    <Card title="Rules" isPage aside={<a className="button" href="#/rules/new">New rule</a>}>
      <Waiting loaded={rules}>
        {(found) => !found.rules.length ? (
          <p className="empty">No rule yet. <a href="#/rules/new">Make one</a>: it is tried on the past before it is saved.</p>
        ) : (
          <div className="scroll">
            <table>
              <thead><tr><th>Rule</th><th>State</th><th>When</th><th>For</th><th>Severity</th><th>Tells</th><th className="n">Fired in 7 d</th><Acts /></tr></thead>
              <tbody>
                {found.rules.map((rule) => (
                  <tr key={rule.id} className={rule.enabled ? '' : 'off'}>
                    <td><a href={link('rules', rule.id)}><bdi>{rule.name}</bdi></a>{rule.lastError && <p className="trouble">{rule.lastError}</p>}</td>
                    <td><Standing rule={rule} alerts={alerts.data?.alerts ?? []} /></td>
                    <td data-name="when">{conditionsOf(rule, unitOf)}{rule.groupBy.length > 0 && ` by ${rule.groupBy.join(', ')}`}</td>
                    <td className="brief" data-name={rule.duration ? 'for' : undefined}>{rule.duration ? span(rule.duration * 1000) : 'at once'}</td>
                    <td><Badge kind={rule.enabled ? rule.severity : 'quiet'}>{rule.severity}</Badge></td>
                    <td data-name="tells">{tells(rule) ? <bdi>{tells(rule)}</bdi> : <span className="note">nobody</span>}</td>
                    <td data-name="fired in 7 d" className="n">{fired(rule) > 0 ? <a href={`#/alerts?ruleId=${encodeURIComponent(rule.id)}`}>{fired(rule)}</a> : 0}</td>
                    <td>
                      {rule.enabled
                        ? <Act name="Switch off" needs="manage" confirm="Its alerts end." run={() => call('PATCH', `/alerts/rules/${rule.id}`, { enabled: false })} done={rules.reload} />
                        : <Act name="Switch on" needs="manage" run={() => call('PATCH', `/alerts/rules/${rule.id}`, { enabled: true })} done={rules.reload} />}
                    </td>
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

function Standing({ rule, alerts }: { rule: Rule; alerts: Alert[] }) {
  if (!rule.enabled) return <Badge kind="quiet">off</Badge>;
  if (rule.lastError) return <Badge kind="down">cannot be judged</Badge>;
  const own = alerts.filter((alert) => alert.ruleId === rule.id);
  const firing = own.filter((alert) => alert.state === 'firing').length;
  if (firing) return <Badge kind={rule.severity}>{firing === 1 ? 'firing' : `${firing} firing`}</Badge>;
  return own.length ? <Badge kind="quiet">{own.length === 1 ? 'pending' : `${own.length} pending`}</Badge> : <Badge kind="up">clear</Badge>;
}

// From a chart one comes with what it shows.
function NewRule() {
  const { search } = useRoute();
  const asked = (name: string) => search.get(name) ?? '';
  if (!asked('metricType')) return <Editor start={BLANK} />;
  const condition = { ...BLANK.conditions[0]!, metricType: asked('metricType'), aggregation: asked('aggregation') || 'avg', tags: tagsOf(asked('tags')) ?? {} };
  return <Editor start={{ ...BLANK, conditions: [condition], groupBy: list(asked('groupBy')) }} />;
}

function OneRule({ id }: { id: string }) {
  const rule = useApi<Rule>(`/alerts/rules/${encodeURIComponent(id)}`);
  return (
    <Waiting loaded={rule}>
      {(found) => (
        <>
          {found.lastError && <p className="trouble" role="alert">It could not be judged: {found.lastError}</p>}
          <Editor start={draftOf(found)} id={id} />
          {found.enabled && <Now rule={found} />}
        </>
      )}
    </Waiting>
  );
}
