// Reports: a range's figures, how they changed, and what to do about them.
import { useState } from 'react';
import { useApi } from '../hooks';
import { quantity } from '../text';
import { Card, Waiting } from '../ui';

type Report = {
  period: string; startDate: string; endDate: string; metrics: Record<string, number | null>; recommendations: string[];
  trends: { metricType: string; trend: string; changePercent: number | null }[];
};
const NAMES: Record<string, [string, string]> = {
  averageResponseTime: ['Response time', 'ms'], errorRate: ['Error rate', 'percent'], throughput: ['Requests a second', ''], activeUsers: ['Active users', ''],
  systemLoad: ['Load per core', ''], memoryUsage: ['Memory', 'percent'], cpuUsage: ['CPU', 'percent'],
};

export function Reports() {
  const [period, setPeriod] = useState('daily');
  const report = useApi<Report>(`/reports/performance?period=${period}`);
  return (
    <Card title="Report" wide aside={
      <select aria-label="Period" value={period} onChange={(event) => setPeriod(event.target.value)}>{['hourly', 'daily', 'weekly', 'monthly'].map((each) => <option key={each}>{each}</option>)}</select>
    }>
      <Waiting loaded={report} empty="Making the report …">
        {(found) => (
          <>
            <p className="note">{new Date(found.startDate).toLocaleString()} to {new Date(found.endDate).toLocaleString()}</p>
            <dl className="figures">
              {Object.entries(NAMES).map(([name, [label, unit]]) => (
                <div key={name}><dt>{label}</dt><dd>{quantity(found.metrics[name], unit)}</dd></div>
              ))}
            </dl>
            {found.trends.length > 0 && <ul>{found.trends.map((each) => <li key={each.metricType}>{each.metricType}: {each.trend}{each.changePercent ? ` (${each.changePercent > 0 ? '+' : ''}${each.changePercent}%)` : ''}</li>)}</ul>}
            <h3>What to do</h3>
            {found.recommendations.length ? <ul>{found.recommendations.map((each) => <li key={each}><bdi>{each}</bdi></li>)}</ul> : <p className="empty">Nothing stands out.</p>}
          </>
        )}
      </Waiting>
    </Card>
  );
}
