// All hosts with what they are doing now.
import { type Alert, type Found, queryPath } from '../api';
import { useHosts } from '../host_list';
import { type Loaded, useApi, useKept } from '../hooks';
import { link } from '../route';
import { quantity, span } from '../text';
import { Badge, Card, Waiting, When } from '../ui';
import { FirstHost } from './first';
import { OneHost } from './host';

export function Hosts({ name, active }: { name?: string; active: Loaded<{ alerts: Alert[] }> }) {
  return name ? <OneHost name={name} /> : <AllHosts alerts={active.data?.alerts ?? []} />;
}

function AllHosts({ alerts }: { alerts: Alert[] }) {
  const hosts = useHosts();
  const figures = { cpu: useLatest('cpu_usage'), memory: useLatest('memory_usage'), disk: useLatest('disk_usage', 'max') };
  return (
    <Card title="Hosts" isPage>
      <Waiting loaded={hosts}>
        {(found) =>
          found.hosts.length ? (
            <div className="scroll">
              <table>
                <thead><tr><th>Host</th><th>State</th><th>Alerts</th><th>CPU</th><th>Memory</th><th>Fullest disk</th><th>Last seen</th><th>System</th></tr></thead>
                <tbody>
                  {found.hosts.map((host) => {
                    const firing = alerts.filter((alert) => alert.tags.host === host.name).length;
                    return (
                      <tr key={host.name}>
                        <td><a href={link('hosts', host.name)}><bdi>{host.name}</bdi></a></td>
                        <td><Badge kind={host.state}>{host.state}</Badge></td>
                        <td data-name={firing ? 'alerts' : undefined}>{firing ? <Badge kind="down">{firing}</Badge> : ''}</td>
                        <td data-name="CPU"><Share of={figures.cpu.get(host.name)} interval={host.interval} /></td>
                        <td data-name="memory"><Share of={figures.memory.get(host.name)} interval={host.interval} /></td>
                        <td data-name="disk"><Share of={figures.disk.get(host.name)} interval={host.interval} /></td>
                        <td data-name="last seen"><When at={host.lastSeen} /></td>
                        <td>{[host.os, host.cores && `${host.cores} cores`, host.memory && quantity(host.memory, 'B')].filter(Boolean).join(' · ')}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
              {found.more > 0 && <p className="note">{found.more} more are not shown: those that are not up come first, the API lists all.</p>}
            </div>
          ) : <FirstHost />
        }
      </Waiting>
    </Card>
  );
}

type Latest = { value: number; age: number }; // milliseconds

// The newest value of each host within a quarter of an hour. Its age is by the service's clock: the browser's may be wrong.
function useLatest(metricType: string, aggregation = 'avg'): Map<string, Latest> {
  const found = useKept(useApi<Found>(queryPath({ metricType, aggregation, groupBy: 'host', from: '-15m', step: '60s' }), 15));
  if (!found.data) return new Map();
  const now = Date.parse(found.data.to) + Date.now() - found.at;
  return new Map(found.data.series.flatMap(({ tags, points }) => {
    const last = points.findLast(([, value]) => value !== null);
    return tags.host && last ? [[tags.host, { value: last[1]!, age: now - last[0] - MINUTE }] as const] : [];
  }));
}

const MINUTE = 60_000;

// Beyond a few of its host's intervals a figure is none of now, and says so.
function Share({ of, interval }: { of?: Latest; interval: number | null }) {
  if (!of) return <span className="note">–</span>;
  const { value, age } = of;
  const isOld = age > Math.max(2 * MINUTE, 3000 * (interval ?? 0));
  return (
    <span className={isOld ? 'share old' : 'share'}>
      <i className={isOld ? '' : value >= 90 ? 'fail' : value >= 80 ? 'warn' : ''} style={{ width: `${Math.min(100, value) * 0.6}px` }} /><b>{quantity(value, 'percent')}</b>{isOld && <small>{span(Math.floor(age / MINUTE) * MINUTE)} old</small>}
    </span>
  );
}
