// What was told to whom and why, what was not, and what came of it.
import { call, type Rule, type Told } from './api';
import { link } from './route';
import { Act, Badge, When } from './ui';

const KINDS: Record<string, string> = { sent: 'up', failed: 'down', dead: 'down', uncertain: 'late' };
const WORDS: Record<string, string> = {
  firing: 'it fires', repeat: 'it still fires', resolved: 'it is over', escalation: 'nobody took it: escalated', silence_ended: 'it fires, and its silence is over', cooldown_ended: 'it fires, and its cooldown is over',
  test: 'a test', pending: 'only pending yet', acknowledged: 'somebody took it', standouts: 'what else changed', silenced: 'silenced', maintenance: 'a maintenance window', cooldown: 'within its cooldown',
  rate_limited: 'the channel has had enough for now', channel_disabled: 'the channel is off', superseded: 'something newer was told',
};
const AGAIN = ['failed', 'dead', 'uncertain'];

// With rules: of which one's alert it speaks.
export const ToldList = ({ told, rules, done }: { told: Told[]; rules?: Rule[]; done: () => void }) => (
  <ol className="timeline">
    {told.map((each) => <Item key={each.id} told={each} rules={rules} done={done} />)}
  </ol>
);

function Item({ told, rules, done }: { told: Told; rules?: Rule[]; done: () => void }) {
  const words = WORDS[told.reason] ?? told.reason.replaceAll('_', ' ');
  return (
    <li>
      <Badge kind={KINDS[told.state] ?? 'quiet'}>{told.state.replaceAll('_', ' ')}</Badge> <bdi>{told.channelName ?? told.channelId}</bdi>:{' '}
      {rules && told.alertId ? <><a href={link('alerts', told.alertId)}><bdi>{rules.find((rule) => rule.id === told.ruleId)?.name ?? 'an alert'}</bdi></a>, {words}</> : words} <span className="note">· <When at={told.sentAt ?? told.at} />{told.possibleDuplicate && ' · perhaps twice'}</span>
      {told.error && <span className="trouble"> · <bdi>{told.error}</bdi></span>}
      {AGAIN.includes(told.state) && <> <Act name="Send again" needs="respond" run={() => call('POST', `/notifications/${encodeURIComponent(told.id)}/retry`, {})} done={done} /></>}
    </li>
  );
}
