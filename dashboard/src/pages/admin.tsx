// Channels with a test message, and tokens.
import { useState } from 'react';
import { call, type Channel, type Token } from '../api';
import { useApi } from '../hooks';
import { Act, Badge, Card, Field, Waiting, When } from '../ui';

export function Channels() {
  const channels = useApi<{ channels: Channel[] }>('/channels', 10);
  const told = useApi<{ notifications: { id: string; state: string; reason: string; [key: string]: unknown }[] }>('/notifications', 5);
  const [name, setName] = useState('');
  const [type, setType] = useState('email');
  const [to, setTo] = useState('');
  const config = () => (type === 'email' ? { to: to.split(',').map((each) => each.trim()).filter(Boolean) } : { url: to.trim() });
  return (
    <>
      <Card title="Channels" wide>
        <Waiting loaded={channels}>
          {(found) => found.channels.length ? (
            <ul className="rows">
              {found.channels.map((channel) => (
                <li key={channel.id}>
                  <span><b><bdi>{channel.name}</bdi></b> <Badge kind={channel.enabled ? 'up' : 'down'}>{channel.type}</Badge> {channel.disabledReason && <bdi className="trouble">{channel.disabledReason}</bdi>}</span>
                  <span className="acts">
                    <Act name="Send a test" run={() => call('POST', `/channels/${channel.id}/test`, {})} done={told.reload} />
                    <Act name={channel.enabled ? 'Switch off' : 'Switch on'} run={() => call('PATCH', `/channels/${channel.id}`, { enabled: !channel.enabled })} done={channels.reload} />
                    <Act name="Delete" confirm="Delete this channel?" run={() => call('DELETE', `/channels/${channel.id}`)} done={channels.reload} />
                  </span>
                </li>
              ))}
            </ul>
          ) : <p className="empty">No channel yet. Rules can also tell mail addresses directly.</p>}
        </Waiting>
        <div className="form row">
          <Field label="Name"><input value={name} onChange={(event) => setName(event.target.value)} placeholder="on call" /></Field>
          <Field label="Type"><select value={type} onChange={(event) => setType(event.target.value)}>{['email', 'webhook', 'slack', 'teams'].map((each) => <option key={each}>{each}</option>)}</select></Field>
          <Field label={type === 'email' ? 'Addresses' : 'URL'}><input value={to} onChange={(event) => setTo(event.target.value)} /></Field>
          <Act kind="primary" name="Add" run={() => call('POST', '/channels', { name, type, config: config() })} done={() => { setName(''); setTo(''); channels.reload(); }} />
        </div>
      </Card>
      <Card title="What was told" wide>
        <Waiting loaded={told}>
          {(found) => found.notifications.length ? (
            <ol className="timeline">{found.notifications.slice(0, 30).map((each) => <li key={each.id}><Badge kind={each.state === 'sent' ? 'up' : each.state === 'failed' || each.state === 'dead' ? 'down' : 'quiet'}>{each.state}</Badge> {each.reason} <bdi>{String(each.channel ?? each.channelName ?? each.channelId ?? '')}</bdi></li>)}</ol>
          ) : <p className="empty">Nothing yet.</p>}
        </Waiting>
      </Card>
    </>
  );
}

export function Tokens() {
  const tokens = useApi<{ tokens: Token[] }>('/tokens');
  const [name, setName] = useState('');
  const [scope, setScope] = useState('ingest');
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Card title="Tokens" wide>
      <div className="form row">
        <Field label="Name"><input value={name} onChange={(event) => setName(event.target.value)} placeholder="web fleet" /></Field>
        <Field label="May"><select value={scope} onChange={(event) => setScope(event.target.value)}>{['ingest', 'read', 'respond', 'manage', 'admin'].map((each) => <option key={each}>{each}</option>)}</select></Field>
        <Act kind="primary" name="Create" run={async () => setSecret((await call<{ token: string }>('POST', '/tokens', { name, scopes: [scope] })).token)} done={() => { setName(''); tokens.reload(); }} />
      </div>
      {secret && <p className="result" role="status">This is shown once: <code>{secret}</code></p>}
      <Waiting loaded={tokens}>
        {(found) => (
          <div className="scroll">
            <table>
              <thead><tr><th>Name</th><th>May</th><th>Created</th><th>Last used</th><th /></tr></thead>
              <tbody>
                {found.tokens.map((token) => (
                  <tr key={token.id}>
                    <td><bdi>{token.name}</bdi></td><td>{token.scopes.join(', ')}</td><td><When at={token.createdAt} /></td>
                    <td>{token.lastUsedAt ? <When at={token.lastUsedAt} /> : 'never'}</td>
                    <td><Act name="Revoke" confirm="Whoever uses it stops at once." run={() => call('DELETE', `/tokens/${token.id}`)} done={tokens.reload} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Waiting>
    </Card>
  );
}
