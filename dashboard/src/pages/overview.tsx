// What one looks at first: is all well, what fires, who is there, how it has gone in the last hour.
import { useState } from 'react';
import { type Alert, call, type Health, type Host } from '../api';
import { AlertRow } from '../alert_row';
import { useApi } from '../hooks';
import { Act, Badge, Card, Metric, Waiting } from '../ui';

const WORDS = { healthy: 'All is well', warning: 'Something needs a look', critical: 'Something is broken' };

export function Overview() {
  const health = useApi<Health>('/health/system', 5);
  const alerts = useApi<{ alerts: Alert[] }>('/alerts/active', 5);
  const hosts = useApi<{ hosts: Host[]; next: string | null }>('/hosts', 10);
  return (
    <>
      <Waiting loaded={health}>
        {(found) => (
          <section className={`health ${found.status}`} aria-live="polite">
            <h1>
              <i aria-hidden /> {WORDS[found.status]}
            </h1>
            <ul className="checks">
              {found.checks.map((check) => (
                <li key={check.name} className={check.status}>
                  <h2>{check.name}</h2>
                  <p><bdi>{check.message}</bdi></p>
                  <span className="sr">{check.status}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
      </Waiting>
      <div className="columns">
        <Card title="Active alerts" aside={<a href="#/alerts">history</a>}>
          <Waiting loaded={alerts}>
            {(found) =>
              found.alerts.length ? (
                <ul className="alerts">{found.alerts.slice(0, 8).map((alert) => <AlertRow key={alert.id} alert={alert} done={alerts.reload} />)}</ul>
              ) : (
                <p className="empty">Nothing fires. <a href="#/rules">Look at the rules</a></p>
              )
            }
          </Waiting>
        </Card>
        <Card title="Hosts" aside={<a href="#/hosts">all</a>}>
          <Waiting loaded={hosts}>{(found) => <HostList hosts={found.hosts} />}</Waiting>
        </Card>
      </div>
      <div className="grid">
        <Metric title="CPU by host" query={{ metricType: 'cpu_usage', from: '-1h', groupBy: 'host', topk: '10' }} />
        <Metric title="Memory by host" query={{ metricType: 'memory_usage', from: '-1h', groupBy: 'host', topk: '10' }} />
        <Metric title="Response time, p95" query={{ metricType: 'response_time', from: '-1h', aggregation: 'p95' }} />
        <Metric title="Error rate" query={{ metricType: 'error_rate', from: '-1h' }} />
        <Metric title="Requests a second" query={{ metricType: 'throughput', from: '-1h' }} />
        <Metric title="Fullest disks" query={{ metricType: 'disk_usage', from: '-1h', groupBy: 'host,mount', aggregation: 'max', topk: '6' }} />
      </div>
    </>
  );
}

function HostList({ hosts }: { hosts: Host[] }) {
  if (!hosts.length) return <FirstHost />;
  return (
    <ul className="hosts">
      {hosts.slice(0, 24).map((host) => (
        <li key={host.name}>
          <a href={`#/hosts/${encodeURIComponent(host.name)}`}><bdi>{host.name}</bdi></a> <Badge kind={host.state}>{host.state}</Badge>
        </li>
      ))}
    </ul>
  );
}

// The command that makes the first host appear; its token is made on demand, and can do nothing but send.
function FirstHost() {
  const [token, setToken] = useState('pm_…');
  const make = async () => setToken((await call<{ token: string }>('POST', '/tokens', { name: 'first hosts', scopes: ['ingest'] })).token);
  return (
    <div className="empty">
      <p>No host yet. In a copy of the repository, on any host:</p>
      <pre tabIndex={0}>{`pip install ./agent\nPERFMON_URL=${location.origin}/api \\\nPERFMON_TOKEN=${token} \\\nperfmon-agent`}</pre>
      {token === 'pm_…' && <Act name="Fill in a new token" run={make} />}
    </div>
  );
}
