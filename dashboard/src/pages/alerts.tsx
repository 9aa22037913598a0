// Alerts that fire and those that are over; and what is silenced.
import type { Alert, Rule, Silence } from '../api';
import { call } from '../api';
import { AlertRow } from '../alert_row';
import { useApi, useKept } from '../hooks';
import { setQuery, useRoute } from '../route';
import { tagsText } from '../text';
import { Act, Card, Until, Waiting } from '../ui';
import { OneAlert } from './alert';

export function Alerts({ id }: { id?: string }) {
  return id ? <OneAlert id={id} /> : <AllAlerts />;
}

function AllAlerts() {
  const { search } = useRoute();
  const asked = (name: string) => search.get(name) ?? '';
  const given = Object.fromEntries(['state', 'severity', 'ruleId', 'after'].map((name) => [name, asked(name)]).filter(([, value]) => value));
  const alerts = useKept(useApi<{ alerts: Alert[]; next: string | null }>(`/alerts?${new URLSearchParams(given)}`, 5));
  const silences = useApi<{ silences: Silence[] }>('/silences', 10);
  const rules = useApi<{ rules: Rule[] }>('/alerts/rules');
  const choose = (name: string, value: string) => setQuery({ [name]: value, after: '' });
  const done = () => { alerts.reload(); silences.reload(); };
  return (
    <>
      <Card title="Alerts" isPage aside={
        <span className="acts">
          <select aria-label="State" value={asked('state')} onChange={(event) => choose('state', event.target.value)}>
            <option value="">all states</option><option value="firing">firing</option><option value="firing,pending">firing and pending</option><option value="resolved">resolved</option>
          </select>
          <select aria-label="Severity" value={asked('severity')} onChange={(event) => choose('severity', event.target.value)}>
            <option value="">all severities</option>{['critical', 'high', 'medium', 'low'].map((each) => <option key={each}>{each}</option>)}
          </select>
          <select aria-label="Rule" value={asked('ruleId')} onChange={(event) => choose('ruleId', event.target.value)}>
            <option value="">all rules</option>{rules.data?.rules.map((each) => <option key={each.id} value={each.id}>{each.name.slice(0, 60)}</option>)}
          </select>
        </span>
      }>
        <Waiting loaded={alerts}>
          {(found) => found.alerts.length ? (
            <>
              <ul className="alerts">{found.alerts.map((alert) => <AlertRow key={alert.id} alert={alert} silences={silences.data?.silences} done={done} />)}</ul>
              <p className="acts foot">
                {asked('after') && <button onClick={() => setQuery({ after: '' })}>Newest</button>}
                {found.next && <button onClick={() => setQuery({ after: found.next! })}>Older</button>}
              </p>
            </>
          ) : <p className="empty">{Object.keys(given).length ? 'No alert is like that.' : <>No alerts. They appear when a <a href="#/rules">rule</a> is breached.</>}</p>}
        </Waiting>
      </Card>
      <Card title="Silences">
        <Waiting loaded={silences}>
          {(found) => found.silences.length ? (
            <ul className="rows">{found.silences.map((silence) => <Row key={silence.id} silence={silence} rules={rules.data?.rules ?? []} done={silences.reload} />)}</ul>
          ) : <p className="empty">Nothing is silenced: every alert is told.</p>}
        </Waiting>
      </Card>
    </>
  );
}

function Row({ silence, rules, done }: { silence: Silence; rules: Rule[]; done: () => void }) {
  const about = [
    silence.ruleId && (rules.find((rule) => rule.id === silence.ruleId)?.name ?? silence.ruleId), silence.metricType, silence.severity?.join(' and '), tagsText(silence.tags ?? {}),
  ].filter(Boolean).join(' · ');
  return (
    <li>
      <span>
        <bdi>{about}</bdi> until <Until at={silence.endsAt} />
        <span className="note"> · by <bdi>{silence.author}</bdi>{silence.comment && <>: <bdi>{silence.comment}</bdi></>}</span>
      </span>
      <Act name="End" needs="respond" confirm="Its alerts are told again." run={() => call('DELETE', `/silences/${encodeURIComponent(silence.id)}`)} done={done} />
    </li>
  );
}
