// Alerts that fire and those that are over; one with its timeline and why.
import { useState } from 'react';
import { type Alert, call, type Silence, type Step, type Told } from '../api';
import { AlertRow } from '../alert_row';
import { useApi } from '../hooks';
import { quantity, tagsText } from '../text';
import { ToldList } from '../told';
import { Act, Badge, Card, Metric, Until, Waiting, When } from '../ui';

type Explained = {
  alert: Alert; state: string; because: string; timeline: Step[]; told: Told[]; mutedBy: { reason: string; id: string } | null;
  conditions: { metricType: string; condition: string; threshold: number; value: number | null; verdict: string }[] | null;
};

export function Alerts({ id }: { id?: string }) {
  return id ? <OneAlert id={id} /> : <AllAlerts />;
}

function AllAlerts() {
  const [state, setState] = useState('');
  const alerts = useApi<{ alerts: Alert[] }>(`/alerts${state && `?state=${state}`}`, 5);
  return (
    <>
    <Card title="Alerts" isPage aside={
      <select aria-label="State" value={state} onChange={(event) => setState(event.target.value)}>
        <option value="">all</option><option value="firing,pending">active</option><option value="resolved">resolved</option>
      </select>
    }>
      <Waiting loaded={alerts}>
        {(found) => found.alerts.length
          ? <ul className="alerts">{found.alerts.map((alert) => <AlertRow key={alert.id} alert={alert} done={alerts.reload} />)}</ul>
          : <p className="empty">No alerts. They appear when a <a href="#/rules">rule</a> is breached.</p>}
      </Waiting>
    </Card>
    <Silences />
    </>
  );
}

function Silences() {
  const silences = useApi<{ silences: Silence[] }>('/silences', 10);
  return (
    <Card title="Silences">
      <Waiting loaded={silences}>
        {(found) => found.silences.length ? (
          <ul className="rows">
            {found.silences.map((silence) => (
              <li key={silence.id}>
                <span>
                  <bdi>{[silence.ruleId, tagsText(silence.tags ?? {})].filter(Boolean).join('  ') || 'by metric or severity'}</bdi> until <Until at={silence.endsAt} />
                  {silence.comment && <span className="note"> · <bdi>{silence.comment}</bdi></span>}
                </span>
                <Act name="End" run={() => call('DELETE', `/silences/${encodeURIComponent(silence.id)}`)} done={silences.reload} />
              </li>
            ))}
          </ul>
        ) : <p className="empty">Everything is told.</p>}
      </Waiting>
    </Card>
  );
}

function OneAlert({ id }: { id: string }) {
  const explained = useApi<Explained>(`/alerts/${encodeURIComponent(id)}/explain`, 5);
  return (
    <Waiting loaded={explained}>
      {({ alert, because, timeline, told, mutedBy, conditions }) => (
        <>
          <Card title={alert.ruleName} isPage aside={<a href={`#/rules/${encodeURIComponent(alert.ruleId)}`}>rule</a>}>
            <ul className="alerts"><AlertRow alert={alert} done={explained.reload} /></ul>
            <p>{because}{mutedBy && ` It is not told: ${mutedBy.reason} by ${mutedBy.id}.`}</p>
            {conditions?.map((each) => (
              <p key={each.metricType} className="note">
                {each.metricType} is {quantity(each.value, alert.unit)}, {each.condition.replaceAll('_', ' ')} {quantity(each.threshold, alert.unit)}: {each.verdict.replaceAll('_', ' ')}
              </p>
            ))}
          </Card>
          <div className="columns">
            <Card title="Timeline">
              <ol className="timeline">
                {timeline.map((step) => (
                  <li key={step.at + step.to}>
                    <Badge kind={step.to === 'firing' ? alert.severity : 'quiet'}>{step.to}</Badge> <When at={step.at} />
                    {step.reason && ` · ${step.reason.replaceAll('_', ' ')}`}{step.by && <> by <bdi>{step.by}</bdi></>}
                  </li>
                ))}
              </ol>
            </Card>
            <Card title="Who was told">
              {told.length ? (
                <ToldList told={told} />
              ) : <p className="empty">Nobody: the rule names no recipient. <a href="#/channels">Channels</a></p>}
            </Card>
          </div>
          <Metric title={`${alert.metricType} ${tagsText(alert.tags)}`} height={240} threshold={alert.threshold}
            query={{ metricType: alert.metricType, from: '-3h', tags: Object.keys(alert.tags).length ? JSON.stringify(alert.tags) : '' }} />
        </>
      )}
    </Waiting>
  );
}
