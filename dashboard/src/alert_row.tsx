// One alert in a list: what, since when, who has it, and what can be done about it.
import { useState } from 'react';
import { type Alert, call, type Silence } from './api';
import { link } from './route';
import { useMay } from './may';
import { local } from './text';
import { Act, Badge, For, When } from './ui';

const LENGTHS: [string, number][] = [['15 min', 15], ['1 h', 60], ['4 h', 240], ['1 d', 1440], ['1 week', 10_080]];

export function AlertRow({ alert, silences, comment, done }: { alert: Alert; silences?: Silence[]; comment?: string; done: () => void }) {
  const path = `/alerts/${encodeURIComponent(alert.id)}`;
  const said = comment ? { comment } : {};
  const silence = silences?.find((each) => covers(each, alert));
  const since = alert.firedAt ?? alert.pendingSince;
  return (
    <li className={`alert ${alert.severity} ${alert.state}`}>
      <div>
        <Badge kind={alert.state === 'firing' ? alert.severity : 'quiet'}>{alert.state === 'firing' ? alert.severity : alert.state}</Badge>{' '}
        <a href={link('alerts', alert.id)}><bdi>{alert.message}</bdi></a>
        <p>
          {alert.resolvedAt
            ? <>lasted <For since={since} until={alert.resolvedAt} /> · resolved <When at={alert.resolvedAt} />{alert.resolvedReason && ` · ${alert.resolvedReason.replaceAll('_', ' ')}`}</>
            : <>{alert.state} for <For since={since} /></>}
          {alert.acknowledgedBy
            ? <> · taken by <bdi>{alert.acknowledgedBy}</bdi>{alert.acknowledgementComment && <>: <bdi>{alert.acknowledgementComment}</bdi></>}</>
            : alert.state === 'firing' && ' · nobody has taken it'}
          {!alert.resolvedAt && silence && <> · silenced until {local(silence.endsAt)}</>}
        </p>
      </div>
      {!alert.resolvedAt && (
        <div className="acts">
          {!alert.acknowledgedAt && <Act needs="respond" name="Acknowledge" run={() => call('POST', `${path}/acknowledge`, said)} done={done} />}
          {!silence && <SilenceFor alert={alert} done={done} />}
          <Act needs="respond" name="Resolve" confirm="Resolve by hand?" run={() => call('POST', `${path}/resolve`, said)} done={done} />
        </div>
      )}
    </li>
  );
}

function SilenceFor({ alert, done }: { alert: Alert; done: () => void }) {
  const may = useMay();
  const [isDone, setIsDone] = useState(false);
  const [error, setError] = useState('');
  const choose = async (minutes: number) => {
    try {
      await call('POST', '/silences', { ruleId: alert.ruleId, tags: alert.tags, endsAt: new Date(Date.now() + minutes * 60_000).toISOString(), comment: 'from the dashboard' });
      setIsDone(true);
      done();
    } catch (wrong) {
      setError(wrong instanceof Error ? wrong.message : String(wrong));
    }
  };
  if (!may('respond')) return null;
  if (isDone) return <span role="status" className="note">silenced</span>;
  return (
    <>
      <select aria-label="Silence for" value="" onChange={(event) => void choose(Number(event.target.value))}>
        <option value="" disabled>Silence …</option>
        {LENGTHS.map(([name, minutes]) => <option key={name} value={minutes}>for {name}</option>)}
      </select>
      {error && <span className="trouble" role="alert">{error}</span>}
    </>
  );
}

// As far as it can be told here: silences with patterns or by severity are the service's to judge.
function covers(silence: Silence, alert: Alert): boolean {
  if (Date.parse(silence.startsAt) > Date.now() || Date.parse(silence.endsAt) < Date.now() || silence.metricType || silence.severity?.length) return false;
  if (silence.ruleId ? silence.ruleId !== alert.ruleId : !silence.tags) return false;
  return Object.entries(silence.tags ?? {}).every(([key, value]) => alert.tags[key] === value);
}

const RANK = ['critical', 'high', 'medium', 'low'];

// What is worst and not taken yet comes first.
export const byUrgency = (alerts: Alert[]): Alert[] =>
  [...alerts].sort((a, b) => Number(Boolean(a.acknowledgedAt)) - Number(Boolean(b.acknowledgedAt)) || RANK.indexOf(a.severity) - RANK.indexOf(b.severity) || (b.firedAt ?? '').localeCompare(a.firedAt ?? ''));
