// One alert: why it stands as it does, what to do, how it went, who was told, and its metric around that time.
import { useState } from 'react';
import type { Alert, Judged, Rule, Silence, Step, Told } from '../api';
import { AlertRow } from '../alert_row';
import { marksOf } from '../chart/marks';
import { useApi } from '../hooks';
import { Metric } from '../metric';
import type { Watch } from '../range';
import { link } from '../route';
import { quantity, tagsText } from '../text';
import { ToldList } from '../told';
import { Badge, Card, Field, Until, Waiting, When } from '../ui';

type Standout = { metricType: string; unit: string; tags: Record<string, string>; before: number; now: number };
type Explained = {
  alert: Alert; state: string; because: string; timeline: Step[]; told: Told[]; mutedBy: { reason: string; id: string } | null; conditions: Judged[] | null;
  alsoChanged: { message: string; standouts: Standout[] } | null;
};
const HOUR = 3_600_000;

export function OneAlert({ id }: { id: string }) {
  const explained = useApi<Explained>(`/alerts/${encodeURIComponent(id)}/explain`, 5);
  const silences = useApi<{ silences: Silence[] }>('/silences', 10);
  const done = () => { explained.reload(); silences.reload(); };
  return <Waiting loaded={explained}>{(found) => <Shown found={found} silences={silences.data?.silences ?? []} done={done} />}</Waiting>;
}

function Shown({ found, silences, done }: { found: Explained; silences: Silence[]; done: () => void }) {
  const { alert, because, timeline, told, mutedBy, conditions, alsoChanged } = found;
  // Of the list: a rule that has been deleted since is no error.
  const rules = useApi<{ rules: Rule[] }>('/alerts/rules');
  const rule = rules.data?.rules.find((each) => each.id === alert.ruleId);
  const [comment, setComment] = useState('');
  return (
    <>
      <Card title={alert.ruleName} isPage aside={<a href={link('rules', alert.ruleId)}>rule</a>}>
        <ul className="alerts"><AlertRow alert={alert} silences={silences} comment={comment} done={() => { setComment(''); done(); }} /></ul>
        {!alert.resolvedAt && <Field label="Comment, for acknowledging or resolving"><input value={comment} maxLength={1000} onChange={(event) => setComment(event.target.value)} placeholder="looking into it" /></Field>}
        <p>{because}{mutedBy && <> It is not told: <a href={link('alerts')}>{mutedBy.reason}</a>.</>}</p>
        {conditions?.map((each) => <p key={each.metricType + each.condition} className="note">{judged(each, alert.unit)}: {each.verdict.replaceAll('_', ' ')}</p>)}
        {alsoChanged && <p><bdi>{alsoChanged.message}</bdi></p>}
        {rule?.description && <p className="result"><bdi>{rule.description}</bdi></p>}
        {rule?.runbookUrl && /^https?:/.test(rule.runbookUrl) && <p><a href={rule.runbookUrl} target="_blank" rel="noreferrer">Runbook</a></p>}
      </Card>
      <Metric title={`${alert.metricType} ${tagsText(alert.tags)}`} height={240} threshold={alert.threshold} isFixed range={around(alert)} marks={marksOf([alert])}
        query={{ metricType: alert.metricType, tags: Object.keys(alert.tags).length ? JSON.stringify(alert.tags) : '' }} />
      <div className="columns even">
        <Card title="Timeline">
          <ol className="timeline steps">
            {timeline.map((step) => (
              <li key={step.at + step.to}>
                <Badge kind={step.to === 'firing' ? alert.severity : 'quiet'}>{step.to}</Badge> <Until at={step.at} /> <span className="note">· <When at={step.at} /></span>
                <p className="note">
                  {[step.reason?.replaceAll('_', ' '), ...(step.evidence?.conditions ?? []).map((each) => judged(each, alert.unit))].filter(Boolean).join(' · ')}
                  {step.by && <> by <bdi>{step.by}</bdi></>}
                </p>
              </li>
            ))}
          </ol>
        </Card>
        <Card title="Who was told">
          {told.length ? <ToldList told={told} done={done} /> : <p className="empty">Nobody: the rule names no recipient. <a href={link('channels')}>Channels</a></p>}
        </Card>
      </div>
    </>
  );
}

const judged = (each: Judged, unit: string): string =>
  `${each.metricType} ${each.value === null ? 'has no data' : `is ${quantity(each.value, each.unit ?? unit)}`}, ${each.condition.replaceAll('_', ' ')} ${quantity(each.threshold, each.unit ?? unit)}`;

// From an hour before it began until half an hour after it was over.
function around(alert: Alert): Watch {
  const from = new Date(Date.parse(alert.pendingSince) - HOUR).toISOString();
  if (!alert.resolvedAt) return { from, to: '', every: 10 };
  const end = Date.parse(alert.resolvedAt) + HOUR / 2;
  return end > Date.now() ? { from, to: '', every: 10 } : { from, to: new Date(end).toISOString(), every: 0 };
}
