// All hosts, and one of them.
import { type Alert, call, type Host } from '../api';
import { AlertRow } from '../alert_row';
import { useApi } from '../hooks';
import { quantity } from '../text';
import { Act, Badge, Card, Metric, Waiting, When } from '../ui';

export function Hosts({ name }: { name?: string }) {
  return name ? <OneHost name={name} /> : <AllHosts />;
}

function AllHosts() {
  const hosts = useApi<{ hosts: Host[] }>('/hosts', 10);
  return (
    <Card title="Hosts" isPage>
      <Waiting loaded={hosts}>
        {(found) =>
          found.hosts.length ? (
            <div className="scroll">
              <table>
                <thead><tr><th>Host</th><th>State</th><th>Last seen</th><th>System</th><th className="n">Cores</th><th className="n">Memory</th><th>Agent</th></tr></thead>
                <tbody>
                  {found.hosts.map((host) => (
                    <tr key={host.name}>
                      <td><a href={`#/hosts/${encodeURIComponent(host.name)}`}><bdi>{host.name}</bdi></a></td>
                      <td><Badge kind={host.state}>{host.state}</Badge></td>
                      <td data-name="last seen"><When at={host.lastSeen} /></td>
                      <td data-name="system">{host.os ?? '–'}</td>
                      <td data-name="cores" className="n">{host.cores ?? '–'}</td>
                      <td data-name="memory" className="n">{quantity(host.memory, 'B')}</td>
                      <td data-name="agent">{host.agentVersion ?? '–'}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          ) : (
            <p className="empty">A host appears here once it has sent a metric tagged <code>host</code>.</p>
          )
        }
      </Waiting>
    </Card>
  );
}

function OneHost({ name }: { name: string }) {
  const host = useApi<Host & { alerts: Alert[] }>(`/hosts/${encodeURIComponent(name)}`, 10);
  const tags = JSON.stringify({ host: name });
  const of = (metricType: string, more = {}) => ({ metricType, from: '-3h', tags, ...more });
  return (
    <>
      <Waiting loaded={host}>
        {(found) => (
          <Card title={found.name} isPage aside={<Act name="Forget" confirm="Its alerts end, and its silence is no news any more." run={() => call('DELETE', `/hosts/${encodeURIComponent(name)}`)} done={() => (location.hash = '#/hosts')} />}>
            <p>
              <Badge kind={found.state}>{found.state}</Badge> last seen <When at={found.lastSeen} />, first <When at={found.firstSeen} />
              {found.os && ` · ${found.os}`}{found.cores && ` · ${found.cores} cores`}{found.memory && ` · ${quantity(found.memory, 'B')}`}
            </p>
            {found.alerts.length > 0 && <ul className="alerts">{found.alerts.map((alert) => <AlertRow key={alert.id} alert={alert} done={host.reload} />)}</ul>}
          </Card>
        )}
      </Waiting>
      <div className="grid">
        <Metric title="CPU" query={of('cpu_usage')} />
        <Metric title="Load per core" query={of('system_load')} />
        <Metric title="Memory" query={of('memory_usage')} />
        <Metric title="Disks" query={of('disk_usage', { groupBy: 'mount' })} />
        <Metric title="Received" query={of('network_received_bytes', { groupBy: 'interface' })} />
        <Metric title="Sent" query={of('network_sent_bytes', { groupBy: 'interface' })} />
      </div>
    </>
  );
}
