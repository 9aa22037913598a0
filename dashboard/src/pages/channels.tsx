// Channels: whom alerts tell, a test message, and what came of all that was told.
import { useState } from 'react';
import { call, type Channel, type Told } from '../api';
import { useApi } from '../hooks';
import { ToldList } from '../told';
import { Act, Badge, Card, Field, Waiting } from '../ui';

export function Channels() {
  const channels = useApi<{ channels: Channel[] }>('/channels', 10);
  const told = useApi<{ notifications: Told[] }>('/notifications', 5);
  const [name, setName] = useState('');
  const [type, setType] = useState('email');
  const [to, setTo] = useState('');
  const config = () => (type === 'email' ? { to: to.split(',').map((each) => each.trim()).filter(Boolean) } : { url: to.trim() });
  return (
    <>
      <Card title="Channels" isPage>
        <Waiting loaded={channels}>
          {(found) => found.channels.length ? (
            <ul className="rows">
              {found.channels.map((channel) => (
                <li key={channel.id}>
                  <span><b><bdi>{channel.name}</bdi></b> <Badge kind={channel.disabledReason ? 'down' : channel.enabled ? 'up' : 'quiet'}>{channel.type}</Badge> {channel.enabled ? <bdi className="note">{aim(channel)}</bdi> : 'off'} {channel.disabledReason && <bdi className="trouble">{channel.disabledReason}</bdi>}</span>
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
        <h2 className="below">Another one</h2>
        <div className="form row">
          <Field label="Name"><input value={name} onChange={(event) => setName(event.target.value)} placeholder="on call" /></Field>
          <Field label="Type"><select value={type} onChange={(event) => setType(event.target.value)}>{['email', 'webhook', 'slack', 'teams'].map((each) => <option key={each}>{each}</option>)}</select></Field>
          <Field label={type === 'email' ? 'Addresses' : 'URL'}><input value={to} onChange={(event) => setTo(event.target.value)} /></Field>
          <Act kind="primary" name="Add" run={() => call('POST', '/channels', { name, type, config: config() })} done={() => { setName(''); setTo(''); channels.reload(); }} />
        </div>
      </Card>
      <Card title="What was told">
        <Waiting loaded={told}>
          {(found) => found.notifications.length ? (
            <ToldList told={found.notifications.slice(0, 30)} withAlert />
          ) : <p className="empty">Nothing yet.</p>}
        </Waiting>
      </Card>
    </>
  );
}


// Whom it reaches, as far as that is no secret.
const aim = ({ config }: Channel): string => [config.to, config.host].flat().filter(Boolean).join(', ');
