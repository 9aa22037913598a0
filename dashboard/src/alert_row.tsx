// One alert in a list, with what can be done about it.
import { useState } from 'react';
import { type Alert, call } from './api';
import { Act, Badge, When } from './ui';

export function AlertRow({ alert, done }: { alert: Alert; done: () => void }) {
  const [isSilenced, setIsSilenced] = useState(false);
  const silence = () => call('POST', '/silences', { ruleId: alert.ruleId, tags: alert.tags, endsAt: new Date(Date.now() + 3_600_000).toISOString(), comment: 'from the dashboard' });
  return (
    <li className={`alert ${alert.severity} ${alert.state}`}>
      <div>
        <Badge kind={alert.state === 'resolved' ? 'quiet' : alert.severity}>{alert.state === 'firing' ? alert.severity : alert.state}</Badge>{' '}
        <a href={`#/alerts/${encodeURIComponent(alert.id)}`}><bdi>{alert.message}</bdi></a>
        <p>
          {alert.state === 'resolved' ? 'resolved' : 'began'} <When at={alert.resolvedAt ?? alert.firedAt ?? alert.pendingSince} />
          {alert.resolvedReason && ` · ${alert.resolvedReason.replaceAll('_', ' ')}`}
          {alert.acknowledgedBy && !alert.resolvedAt && <> · taken by <bdi>{alert.acknowledgedBy}</bdi></>}
        </p>
      </div>
      {alert.state !== 'resolved' && (
        <div className="acts">
          {!alert.acknowledgedAt && <Act name="Acknowledge" run={() => call('POST', `/alerts/${alert.id}/acknowledge`, {})} done={done} />}
          {isSilenced ? <a href="#/alerts">silenced</a> : <Act name="Silence 1 h" run={silence} done={() => { setIsSilenced(true); done(); }} />}
          <Act name="Resolve" confirm="Resolve by hand?" run={() => call('POST', `/alerts/${alert.id}/resolve`, {})} done={done} />
        </div>
      )}
    </li>
  );
}
