// Reports: a period's figures, how they changed, what was amiss, and what to do about it.
import { useState } from 'react';
import { type Alert, BASE } from '../api';
import { marksOf } from '../chart/marks';
import { useApi } from '../hooks';
import { Metric } from '../metric';
import { link } from '../route';
import { quantity } from '../text';
import { Badge, Card, Until, Waiting } from '../ui';
import { Mailed } from './report_mail';

type Trend = { metricType: string; trend: string; changePercent: number | null; judgement: string | null; previous: number | null; current: number | null };
type Endpoint = { endpoint: string; requests: number; averageResponseTime: number | null; p95: number | null; errorRate: number | null };
type Report = {
  period: string; title: string; startDate: string; endDate: string; verdict: string; metrics: Record<string, number | null>; notes: string[]; trends: Trend[]; alerts: Alert[];
  recommendationDetails: { id: string; message: string; severity: string }[]; slowestEndpoints: Endpoint[]; previousPeriod: { startDate: string; endDate: string };
};
const NAMES: Record<string, [string, string, string]> = {
  averageResponseTime: ['Response time', 'ms', 'response_time'], errorRate: ['Error rate', 'percent', 'error_rate'], throughput: ['Requests a second', '', 'throughput'],
  activeUsers: ['Active users', '', 'active_users'], systemLoad: ['Load per core', '', 'system_load'], memoryUsage: ['Memory', 'percent', 'memory_usage'], cpuUsage: ['CPU', 'percent', 'cpu_usage'],
};
const KINDS: Record<string, string> = { worse: 'down', better: 'up' };
const VERDICTS: Record<string, string> = { 'all well': 'up', 'needs attention': 'medium', critical: 'critical' };
const SIGNS: Record<string, string> = { low: 'quiet', medium: 'medium', high: 'high', critical: 'critical' };
const CHARTS: [string, string, string][] = [['Response time, p95', 'response_time', 'p95'], ['Error rate', 'error_rate', 'avg'], ['Requests a second', 'throughput', 'avg']];

export function Reports() {
  const [period, setPeriod] = useState('daily');
  const [dates, setDates] = useState<{ startDate: string; endDate: string } | null>(null);
  const path = `/reports/performance?${new URLSearchParams({ period, ...dates })}`;
  const report = useApi<Report>(path);
  const choice = (
    <span className="acts">
      {report.data && <button onClick={() => setDates({ startDate: report.data!.previousPeriod.startDate, endDate: report.data!.previousPeriod.endDate })}>‹ the one before</button>}
      {dates && <button onClick={() => setDates(null)}>the last one</button>}
      <select aria-label="Period" value={period} onChange={(event) => { setPeriod(event.target.value); setDates(null); }}>{['hourly', 'daily', 'weekly', 'monthly'].map((each) => <option key={each}>{each}</option>)}</select>
      <a href={`${BASE}${path}&format=html`} target="_blank" rel="noreferrer">printable</a>
    </span>
  );
  return (
    <>
      <Card title="Report" isPage aside={choice}>
        <Waiting loaded={report} empty="Making the report …">{(found) => <Shown report={found} />}</Waiting>
      </Card>
      <Mailed />
    </>
  );
}

function Shown({ report }: { report: Report }) {
  const range = { from: report.startDate, to: report.endDate, every: 0 };
  return (
    <>
      <p className="note">
        <Badge kind={VERDICTS[report.verdict] ?? 'quiet'}>{report.verdict}</Badge> <Until at={report.startDate} /> to <Until at={report.endDate} />
      </p>
      <dl className="figures">
        {Object.entries(NAMES).map(([name, [label, unit, metric]]) => (
          <div key={name}><dt>{label}</dt><dd>{quantity(report.metrics[name], unit)}</dd><Change trend={report.trends.find((each) => each.metricType === metric)} unit={unit} /></div>
        ))}
      </dl>
      <h2 className="below">What to do</h2>
      {report.recommendationDetails.length
        ? <ul className="advice">{report.recommendationDetails.map((each) => <li key={each.id + each.message}><Badge kind={SIGNS[each.severity] ?? 'quiet'}>{each.severity}</Badge> <bdi>{each.message}</bdi></li>)}</ul>
        : <p className="empty">Nothing stands out.</p>}
      {report.notes.map((each) => <p key={each} className="note"><bdi>{each}</bdi></p>)}
      <div className="grid below">
        {CHARTS.map(([title, metricType, aggregation]) => (
          <Metric key={metricType} title={title} isFixed range={range} query={{ metricType, aggregation }} marks={marksOf(report.alerts.filter((alert) => alert.metricType === metricType))} />
        ))}
      </div>
      {report.slowestEndpoints.length > 0 && (
        <>
          <h2 className="below">Slowest endpoints</h2>
          <div className="scroll">
            <table>
              <thead><tr><th>Endpoint</th><th className="n">p95</th><th className="n">Average</th><th className="n">Errors</th><th className="n">Samples</th></tr></thead>
              <tbody>
                {report.slowestEndpoints.slice(0, 5).map((each) => (
                  <tr key={each.endpoint}>
                    <td><bdi>{each.endpoint}</bdi></td><td data-name="p95" className="n">{quantity(each.p95, 'ms')}</td><td data-name="average" className="n">{quantity(each.averageResponseTime, 'ms')}</td>
                    <td data-name="errors" className="n">{quantity(each.errorRate, 'percent')}</td><td data-name="samples" className="n">{quantity(each.requests)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {report.alerts.length > 0 && (
        <>
          <h2 className="below">Alerts</h2>
          <ul className="timeline">{report.alerts.slice(0, 10).map((alert) => <li key={alert.id}><Badge kind={alert.severity}>{alert.severity}</Badge> <a href={link('alerts', alert.id)}><bdi>{alert.message}</bdi></a> {alert.firedAt && <span className="note"><Until at={alert.firedAt} /></span>}</li>)}</ul>
          {report.alerts.length > 10 && <p className="note">and {report.alerts.length - 10} more</p>}
        </>
      )}
    </>
  );
}

// The API tells how far, and beside it which way.
function Change({ trend, unit }: { trend?: Trend; unit: string }) {
  if (!trend || trend.changePercent === null) return null;
  const isLess = trend.previous !== null && trend.current !== null ? trend.current < trend.previous : trend.trend === 'decreasing';
  const change = `${trend.changePercent === 0 ? '' : isLess ? '−' : '+'}${Math.abs(trend.changePercent)}%`;
  return (
    <dd className="change" title={`before: ${quantity(trend.previous, unit)}`}>
      {trend.trend === 'stable' ? `as before (${change})` : <Badge kind={KINDS[trend.judgement ?? ''] ?? 'quiet'}>{`${change} ${trend.judgement ?? ''}`}</Badge>}
    </dd>
  );
}
