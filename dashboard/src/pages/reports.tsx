// Reports: a range's figures, how they changed, what was amiss, and what to do about it.
import { useState } from 'react';
import { BASE } from '../api';
import { useApi } from '../hooks';
import { quantity } from '../text';
import { Badge, Card, Metric, Until, Waiting } from '../ui';

type Trend = { metricType: string; trend: string; changePercent: number | null; judgement: string | null; previous: number | null; current: number | null };
type Report = {
  period: string; startDate: string; endDate: string; verdict: string; metrics: Record<string, number | null>; recommendations: string[]; notes: string[]; trends: Trend[];
};
const NAMES: Record<string, [string, string, string]> = {
  averageResponseTime: ['Response time', 'ms', 'response_time'], errorRate: ['Error rate', 'percent', 'error_rate'], throughput: ['Requests a second', '', 'throughput'],
  activeUsers: ['Active users', '', 'active_users'], systemLoad: ['Load per core', '', 'system_load'], memoryUsage: ['Memory', 'percent', 'memory_usage'], cpuUsage: ['CPU', 'percent', 'cpu_usage'],
};
const KINDS: Record<string, string> = { worse: 'down', better: 'up' };

export function Reports() {
  const [period, setPeriod] = useState('daily');
  const path = `/reports/performance?period=${period}`;
  const report = useApi<Report>(path);
  const choice = (
    <span className="acts">
      <a href={`${BASE}${path}&format=html`} target="_blank" rel="noreferrer">printable</a>
      <select aria-label="Period" value={period} onChange={(event) => setPeriod(event.target.value)}>{['hourly', 'daily', 'weekly', 'monthly'].map((each) => <option key={each}>{each}</option>)}</select>
    </span>
  );
  return (
    <Card title="Report" isPage aside={choice}>
      <Waiting loaded={report} empty="Making the report …">
        {(found) => (
          <>
            <p className="note">
              <Badge kind={found.verdict === 'needs attention' ? 'medium' : 'quiet'}>{found.verdict}</Badge> <Until at={found.startDate} /> to <Until at={found.endDate} />
            </p>
            <dl className="figures">
              {Object.entries(NAMES).map(([name, [label, unit, metric]]) => (
                <div key={name}><dt>{label}</dt><dd>{quantity(found.metrics[name], unit)}</dd><Change trend={found.trends.find((each) => each.metricType === metric)} unit={unit} /></div>
              ))}
            </dl>
            <h2 className="below">What to do</h2>
            {found.recommendations.length ? <ul className="points">{found.recommendations.map((each) => <li key={each}><bdi>{each}</bdi></li>)}</ul> : <p className="empty">Nothing stands out.</p>}
            {found.notes.map((each) => <p key={each} className="note"><bdi>{each}</bdi></p>)}
            <div className="grid below">
              {[['response_time', 'p95'], ['error_rate', 'avg'], ['throughput', 'avg']].map(([metricType, aggregation]) => (
                <Metric key={metricType} title={`${metricType}, ${aggregation}`} every={0} query={{ metricType: metricType!, aggregation, from: found.startDate, to: found.endDate }} />
              ))}
            </div>
          </>
        )}
      </Waiting>
    </Card>
  );
}

function Change({ trend, unit }: { trend?: Trend; unit: string }) {
  if (!trend || trend.changePercent === null) return null;
  const change = `${trend.changePercent > 0 ? '+' : ''}${trend.changePercent}%`;
  return (
    <dd className="change" title={`before: ${quantity(trend.previous, unit)}`}>
      {trend.trend === 'stable' ? `as before (${change})` : <Badge kind={KINDS[trend.judgement ?? ''] ?? 'quiet'}>{`${change} ${trend.judgement ?? ''}`}</Badge>}
    </dd>
  );
}
