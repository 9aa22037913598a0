// What one looks at first: is all well, what fires and who has it, who is there, how it has gone.
import type { Alert, Health, Minute, Silence } from '../api';
import { useAlertMarks } from '../alert_marks';
import { AlertRow, byUrgency } from '../alert_row';
import { HealthCard } from '../health';
import { type Loaded, useApi } from '../hooks';
import { type Listed, useHosts } from '../host_list';
import { Metric } from '../metric';
import { useRange, type Watch } from '../range';
import { RangeBar } from '../range_bar';
import { link } from '../route';
import { Badge, Card, Waiting } from '../ui';
import { FirstHost, FirstMetric } from './first';

const MOST_ALERTS = 8;
const MOST_HOSTS = 24;

export function Overview({ active }: { active: Loaded<{ alerts: Alert[]; next?: string | null }> }) {
  const range = useRange();
  const health = useApi<Health>('/health/system', 5);
  const history = useApi<{ minutes: Minute[] }>('/health/history?from=-1h', 60);
  const hosts = useHosts();
  const silences = useApi<{ silences: Silence[] }>('/silences', 30);
  // Where no host has ever sent, one looks whether anything has.
  const known = useApi<{ metrics: unknown[] }>(hosts.data?.hosts.length === 0 ? '/metrics/catalog' : null, 10);
  const isBare = known.data?.metrics.length === 0;
  const done = () => { active.reload(); silences.reload(); };
  return (
    <>
      <Waiting loaded={health}>{(found) => <HealthCard health={found} minutes={history.data?.minutes ?? []} />}</Waiting>
      <div className="columns">
        <Card title="Active alerts" aside={<a href={link('alerts')}>history</a>}>
          <Waiting loaded={active}>
            {(found) => found.alerts.length ? (
              <>
                <ul className="alerts">{byUrgency(found.alerts).slice(0, MOST_ALERTS).map((alert) => <AlertRow key={alert.id} alert={alert} silences={silences.data?.silences} done={done} />)}</ul>
                {found.alerts.length > MOST_ALERTS && <p className="note"><a href="#/alerts?state=firing">and {found.alerts.length - MOST_ALERTS}{found.next && '+'} more</a></p>}
              </>
            ) : <p className="empty">Nothing fires. <a href={link('rules')}>Look at the rules</a></p>}
          </Waiting>
        </Card>
        <Card title="Hosts" aside={<a href={link('hosts')}>all</a>}>
          <Waiting loaded={hosts}>{(found) => <HostList {...found} />}</Waiting>
        </Card>
      </div>
      {isBare ? <FirstMetric /> : <Charts range={range} />}
    </>
  );
}

function Charts({ range }: { range: Watch }) {
  const on = useAlertMarks(range, {});
  return (
    <>
      <RangeBar range={range} />
      <div className="grid">
        <Metric range={range} title="CPU by host" query={{ metricType: 'cpu_usage', groupBy: 'host', topk: '10' }} marks={on('cpu_usage')} />
        <Metric range={range} title="Memory by host" query={{ metricType: 'memory_usage', groupBy: 'host', topk: '10' }} marks={on('memory_usage')} />
        <Metric range={range} title="Response time, p95" query={{ metricType: 'response_time', aggregation: 'p95' }} marks={on('response_time')} />
        <Metric range={range} title="Error rate" query={{ metricType: 'error_rate' }} marks={on('error_rate')} />
        <Metric range={range} title="Requests a second" query={{ metricType: 'throughput' }} marks={on('throughput')} />
        <Metric range={range} title="Fullest disks" query={{ metricType: 'disk_usage', groupBy: 'host,mount', aggregation: 'max', topk: '6' }} marks={on('disk_usage')} />
      </div>
    </>
  );
}

function HostList({ hosts, more, counts }: Listed) {
  if (!hosts.length) return <FirstHost />;
  const shown = hosts.slice(0, MOST_HOSTS);
  const hidden = hosts.length - shown.length + more;
  return (
    <>
      <p className="counts">{(['down', 'late', 'up'] as const).map((state) => counts[state] > 0 && <Badge key={state} kind={state}>{counts[state]} {state}</Badge>)}</p>
      <ul className="hosts">
        {shown.map((host) => (
          <li key={host.name} className={host.state}><a href={link('hosts', host.name)} title={host.state}><bdi>{host.name}</bdi></a>{host.state !== 'up' && <span className="sr"> {host.state}</span>}</li>
        ))}
      </ul>
      {hidden > 0 && <p className="note"><a href={link('hosts')}>and {hidden} more</a></p>}
    </>
  );
}
