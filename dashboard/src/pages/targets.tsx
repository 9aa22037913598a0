// Targets: what the collector pulls metrics from, and how the last time went.
import { useState } from 'react';
import { call, type Target } from '../api';
import { useApi } from '../hooks';
import { Act, Acts, Badge, Card, Field, Figure, Waiting, When } from '../ui';

const KINDS: Record<string, string> = { up: 'up', down: 'down' };

export function Targets() {
  const targets = useApi<{ targets: Target[] }>('/targets', 10);
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [interval, setInterval] = useState(30);
  return (
    <Card title="Targets" isPage>
      <Waiting loaded={targets}>
        {(found) => found.targets.length ? (
          <div className="scroll">
            <table>
              <thead><tr><th>Target</th><th>State</th><th>Last time</th><th className="n">Samples</th><th>Every</th><Acts /></tr></thead>
              <tbody>{found.targets.map((target) => <Row key={target.id} target={target} done={targets.reload} />)}</tbody>
            </table>
          </div>
        ) : <p className="empty">Nothing is pulled yet. Name a Prometheus exporter below, and its metrics come by themselves.</p>}
      </Waiting>
      <h2 className="below">Pull an exporter</h2>
      <div className="form row">
        <Field label="Name"><input value={name} onChange={(event) => setName(event.target.value)} placeholder="node" /></Field>
        <Field label="Address"><input type="url" value={url} onChange={(event) => setUrl(event.target.value)} placeholder="http://10.0.3.7:9100/metrics" /></Field>
        <Field label="Every, in seconds"><Figure min={10} step={5} value={interval} onDone={setInterval} /></Field>
        <Act kind="primary" name="Add" run={() => call('POST', '/targets', { name, type: 'prometheus', url: url.trim(), interval })} done={() => { setName(''); setUrl(''); targets.reload(); }} />
      </div>
      <p className="note">CloudWatch, labels, secrets and what to keep of it: by the API, as the collector's page of the documentation says.</p>
    </Card>
  );
}

function Row({ target, done }: { target: Target; done: () => void }) {
  const last = target.lastScrape;
  const path = `/targets/${encodeURIComponent(target.id)}`;
  return (
    <tr className={target.enabled ? '' : 'off'}>
      <td>
        <a href={`#/explore?${new URLSearchParams({ metricType: 'up', aggregation: 'last', groupBy: 'job', tags: JSON.stringify({ job: target.name }) })}`}><bdi>{target.name}</bdi></a>
        <p className="note"><bdi>{target.url ?? target.type}</bdi></p>
        {last?.error && <p className="trouble"><bdi>{last.error}</bdi></p>}
      </td>
      <td><Badge kind={(target.enabled && KINDS[target.state]) || 'quiet'}>{target.enabled ? target.state : 'off'}</Badge></td>
      <td data-name="last time">{last ? <When at={last.at} /> : 'not yet'}</td>
      <td data-name="samples" className="n">{last ? `${last.samples}${last.rejected ? `, ${last.rejected} refused` : ''}` : '–'}</td>
      <td data-name="every">{target.interval} s</td>
      <td>
        <span className="acts">
          <Act name={target.enabled ? 'Switch off' : 'Switch on'} run={() => call('PATCH', path, { enabled: !target.enabled })} done={done} />
          <Act name="Delete" confirm="Delete this target? Its samples stay." run={() => call('DELETE', path)} done={done} />
        </span>
      </td>
    </tr>
  );
}
