// Rules: what is judged, whom it tells, on and off.
import { call, type Channel, type Rule } from '../api';
import { useApi } from '../hooks';
import { span } from '../text';
import { Act, Acts, Badge, Card, Waiting } from '../ui';
import { BLANK, conditionsOf, draftOf } from './rule_draft';
import { Editor } from './rule_editor';

export function Rules({ id }: { id?: string }) {
  if (id === 'new') return <Editor start={BLANK} />;
  return id ? <OneRule id={id} /> : <AllRules />;
}

function AllRules() {
  const rules = useApi<{ rules: Rule[] }>('/alerts/rules', 10);
  const channels = useApi<{ channels: Channel[] }>('/channels');
  const named = (id: string) => channels.data?.channels.find((each) => each.id === id)?.name ?? id;
  const tells = (rule: Rule) => [...rule.channels.map(named), ...rule.recipients].join(', ') || 'nobody';
  return (
    <Card title="Rules" isPage aside={<a className="button" href="#/rules/new">New rule</a>}>
      <Waiting loaded={rules}>
        {(found) => !found.rules.length ? (
          <p className="empty">No rule yet. <a href="#/rules/new">Make one</a>: it is tried on the past before it is saved.</p>
        ) : (
          <div className="scroll">
            <table>
              <thead><tr><th>Rule</th><th>When</th><th>For</th><th>Severity</th><th>Tells</th><Acts /></tr></thead>
              <tbody>
                {found.rules.map((rule) => (
                  <tr key={rule.id} className={rule.enabled ? '' : 'off'}>
                    <td><a href={`#/rules/${encodeURIComponent(rule.id)}`}><bdi>{rule.name}</bdi></a>{rule.lastError && <p className="trouble">{rule.lastError}</p>}</td>
                    <td data-name="when">{conditionsOf(rule)}{rule.groupBy.length > 0 && ` by ${rule.groupBy.join(', ')}`}</td>
                    <td data-name={rule.duration ? 'for' : undefined}>{rule.duration ? span(rule.duration * 1000) : 'at once'}</td>
                    <td><Badge kind={rule.severity}>{rule.severity}</Badge></td>
                    <td data-name="tells"><bdi>{tells(rule)}</bdi></td>
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
      {(found) => <Editor start={draftOf(found)} id={id} />}
    </Waiting>
  );
}

