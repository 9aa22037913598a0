// Channels: whom alerts tell, a test message and what came of it, and all that was told.
import { useState } from 'react';
import { call, type Channel, type Rule, type Told } from '../api';
import { useApi } from '../hooks';
import { ToldList } from '../told';
import { Act, Badge, Card, Waiting, When } from '../ui';
import { NewChannel } from './channel_new';

export function Channels() {
  const channels = useApi<{ channels: Channel[] }>('/channels', 10);
  const told = useApi<{ notifications: Told[] }>('/notifications', 5);
  const rules = useApi<{ rules: Rule[] }>('/alerts/rules');
  return (
    <>
      <Card title="Channels" isPage>
        <Waiting loaded={channels}>
          {(found) => found.channels.length ? (
            <ul className="rows">{found.channels.map((channel) => <Row key={channel.id} channel={channel} done={() => { channels.reload(); told.reload(); }} />)}</ul>
          ) : <p className="empty">No channel yet. Rules can also tell mail addresses directly.</p>}
        </Waiting>
        <NewChannel done={channels.reload} />
      </Card>
      <Card title="What was told">
        <Waiting loaded={told}>
          {(found) => found.notifications.length ? (
            <ToldList told={found.notifications.filter((each) => each.reason !== 'pending').slice(0, 30)} rules={rules.data?.rules ?? []} done={told.reload} />
          ) : <p className="empty">Nothing yet.</p>}
        </Waiting>
      </Card>
    </>
  );
}

function Row({ channel, done }: { channel: Channel; done: () => void }) {
  const [test, setTest] = useState<string | null>(null);
  const path = `/channels/${encodeURIComponent(channel.id)}`;
  const send = async () => setTest((await call<{ notificationId: string }>('POST', `${path}/test`, {})).notificationId);
  return (
    <li>
      <span>
        <b><bdi>{channel.name}</bdi></b> <Badge kind={channel.disabledReason ? 'down' : channel.enabled ? 'up' : 'quiet'}>{channel.type}</Badge>{' '}
        <span className="note">{!channel.enabled && 'off '}<bdi>{aim(channel)}</bdi>{channel.lastSentAt && <> · last sent <When at={channel.lastSentAt} /></>}</span>
        {channel.disabledReason && <bdi className="trouble"> {channel.disabledReason}</bdi>}
        {channel.lastError && !channel.disabledReason && <bdi className="trouble"> {channel.lastError}</bdi>}
        {test && <TestResult id={test} />}
      </span>
      <span className="acts">
        <Act name="Send a test" needs="manage" run={send} done={done} />
        {channel.enabled
          ? <Act name="Switch off" needs="manage" confirm="It tells nobody any more." run={() => call('PATCH', path, { enabled: false })} done={done} />
          : <Act name="Switch on" needs="manage" run={() => call('PATCH', path, { enabled: true })} done={done} />}
        <Act name="Delete" needs="manage" confirm="Delete this channel?" run={() => call('DELETE', path)} done={done} />
      </span>
    </li>
  );
}

const OVER = ['sent', 'failed', 'dead', 'not_sent', 'superseded'];

// Asked until it is known: a test that says nothing proves nothing.
function TestResult({ id }: { id: string }) {
  const [isOver, setIsOver] = useState(false);
  const told = useApi<Told>(`/notifications/${encodeURIComponent(id)}`, isOver ? 0 : 1);
  const state = told.data?.state;
  if (!isOver && state && OVER.includes(state)) setIsOver(true);
  if (state === 'sent') return <p role="status"><Badge kind="up">the test was sent</Badge></p>;
  if (!state || !isOver) return <p role="status" className="note">the test is on its way …</p>;
  return <p role="status"><Badge kind="down">the test was not sent</Badge> <bdi className="trouble">{told.data?.error ?? told.data?.reason.replaceAll('_', ' ')}</bdi></p>;
}

// Whom it reaches, as far as that is no secret.
const aim = ({ config }: Channel): string => [config.to, config.host].flat().filter(Boolean).join(', ');
