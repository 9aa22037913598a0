// One host: how it stands, its alerts, and its charts by what they are about.
import { type Alert, call, type Host, type Query, type Silence } from '../api';
import { useAlertMarks } from '../alert_marks';
import { AlertRow, byUrgency } from '../alert_row';
import { useApi } from '../hooks';
import { exploreLink, Metric } from '../metric';
import { useRange } from '../range';
import { RangeBar } from '../range_bar';
import { quantity } from '../text';
import { Act, Badge, Card, Waiting, When } from '../ui';

type Wanted = [title: string, metricType: string, more?: Partial<Query>];
// What a host may measure; of what this one does not, there is no chart.
const GROUPS: [string, Wanted[]][] = [
  ['Processor and memory', [['CPU', 'cpu_usage'], ['Load per core', 'system_load'], ['Memory', 'memory_usage'], ['Waiting for disks', 'cpu_iowait'], ['Swap', 'swap_usage']]],
  ['Disks', [['How full', 'disk_usage', { groupBy: 'mount', aggregation: 'max' }], ['Busy', 'disk_busy', { groupBy: 'device' }], ['Read', 'disk_read_bytes', { groupBy: 'device' }], ['Written', 'disk_write_bytes', { groupBy: 'device' }]]],
  ['Network', [['Received', 'network_received_bytes', { groupBy: 'interface' }], ['Sent', 'network_sent_bytes', { groupBy: 'interface' }], ['Errors', 'network_errors', { groupBy: 'interface' }]]],
  ['Processes and containers', [['CPU by process', 'process_cpu_usage', { groupBy: 'process', topk: '10' }], ['Memory by process', 'process_memory', { groupBy: 'process', topk: '10' }],
    ['CPU by container', 'container_cpu_usage', { groupBy: 'container', topk: '10' }], ['Memory by container', 'container_memory', { groupBy: 'container', topk: '10' }]]],
];

export function OneHost({ name }: { name: string }) {
  const range = useRange('-3h');
  const path = `/hosts/${encodeURIComponent(name)}`;
  const host = useApi<Host & { alerts: Alert[] }>(path, 10);
  const silences = useApi<{ silences: Silence[] }>('/silences', 30);
  const known = useApi<{ metrics: { metricType: string }[] }>('/metrics/catalog');
  const tags = JSON.stringify({ host: name });
  const isThere = ([, metricType]: Wanted) => !known.data || known.data.metrics.some((each) => each.metricType === metricType);
  const on = useAlertMarks(range, { tags });
  return (
    <>
      <Waiting loaded={host}>
        {(found) => (
          <Card title={found.name} isPage aside={<Act name="Forget" needs="manage" confirm="Its alerts end, and its silence is no news any more." run={() => call('DELETE', path)} done={() => (location.hash = '#/hosts')} />}>
            <p>
              <Badge kind={found.state}>{found.state}</Badge> last seen <When at={found.lastSeen} />, first <When at={found.firstSeen} />
              {found.os && ` · ${found.os}`}{found.cores && ` · ${found.cores} cores`}{found.memory && ` · ${quantity(found.memory, 'B')}`}{found.agentVersion && ` · agent ${found.agentVersion}`}
            </p>
            {found.alerts.length > 0 && <ul className="alerts">{byUrgency(found.alerts).map((alert) => <AlertRow key={alert.id} alert={alert} silences={silences.data?.silences} done={() => { host.reload(); silences.reload(); }} />)}</ul>}
          </Card>
        )}
      </Waiting>
      {host.error?.status !== 404 && known.data && (
        <>
          <RangeBar range={range} />
          {GROUPS.map(([title, wanted]) => wanted.some(isThere) && (
            <section key={title} className="group">
              <h2>{title}</h2>
              <div className="grid">
                {wanted.filter(isThere).map(([label, metricType, more]) => (
                  <Metric key={label} hidesEmpty range={range} title={label} query={{ metricType, tags, ...more }} marks={on(metricType)} />
                ))}
              </div>
            </section>
          ))}
          <p className="note">Everything else it sends: <a href={exploreLink({ metricType: '', tags: `host:${name}` }, range)}>explore</a></p>
        </>
      )}
    </>
  );
}
