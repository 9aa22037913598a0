// Reports that are made by themselves and mailed; and those that were.
import { useState } from 'react';
import { BASE, call } from '../api';
import { useApi } from '../hooks';
import { useMay } from '../may';
import { Act, Badge, Card, Field, Until, Waiting, When } from '../ui';
import { list } from './rule_draft';

type Schedule = { id: string; name: string; period: string; timezone: string; hour: number; recipients: string[]; enabled: boolean; nextDue: string | null };
type Made = { id: string; title: string; createdAt: string; sentAt: string | null };

export function Mailed() {
  const may = useMay();
  const schedules = useApi<{ schedules: Schedule[] }>('/reports/schedules', 30);
  const made = useApi<{ reports: Made[] }>('/reports', 30);
  return (
    <div className="columns even">
      <Card title="By mail">
        <Waiting loaded={schedules}>
          {(found) => (
            <>
              {found.schedules.length > 0 && (
                <ul className="rows">
                  {found.schedules.map((each) => (
                    <li key={each.id}>
                      <span><Badge kind={each.enabled ? 'up' : 'quiet'}>{each.period}</Badge> <bdi>{each.recipients.join(', ')}</bdi> <span className="note">{each.nextDue ? <>next <Until at={each.nextDue} /></> : 'off'}</span></span>
                      <Act name="Delete" needs="manage" confirm="It is not mailed any more." run={() => call('DELETE', `/reports/schedules/${encodeURIComponent(each.id)}`)} done={schedules.reload} />
                    </li>
                  ))}
                </ul>
              )}
              {may('manage') ? <NewSchedule done={schedules.reload} /> : !found.schedules.length && <p className="empty">None is mailed.</p>}
            </>
          )}
        </Waiting>
      </Card>
      <Card title="Made so far">
        <Waiting loaded={made}>
          {(found) => found.reports.length ? (
            <ul className="timeline">
              {found.reports.slice(0, 20).map((each) => (
                <li key={each.id}><a href={`${BASE}/reports/${encodeURIComponent(each.id)}?format=html`} target="_blank" rel="noreferrer"><bdi>{each.title}</bdi></a> <span className="note">{each.sentAt ? <>mailed <When at={each.sentAt} /></> : <>made <When at={each.createdAt} /></>}</span></li>
              ))}
            </ul>
          ) : <p className="empty">What is mailed is kept here.</p>}
        </Waiting>
      </Card>
    </div>
  );
}

function NewSchedule({ done }: { done: () => void }) {
  const [period, setPeriod] = useState('weekly');
  const [to, setTo] = useState('');
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const add = () => call('POST', '/reports/schedules', { period, recipients: list(to), hour: 8, timezone: zone });
  return (
    <div className="form row">
      <Field label="Every"><select value={period} onChange={(event) => setPeriod(event.target.value)}><option value="daily">day at 8</option><option value="weekly">Monday at 8</option><option value="monthly">first of the month at 8</option></select></Field>
      <Field label={`To (times in ${zone})`}><input value={to} onChange={(event) => setTo(event.target.value)} placeholder="you@example.com" /></Field>
      <Act kind="primary" name="Mail it" run={add} done={() => { setTo(''); done(); }} />
    </div>
  );
}
