// What was told to whom, and what came of it.
import type { Told } from './api';
import { Badge, When } from './ui';

const KINDS: Record<string, string> = { sent: 'up', failed: 'down', dead: 'down' };

export const ToldList = ({ told, withAlert }: { told: Told[]; withAlert?: boolean }) => (
  <ol className="timeline">
    {told.map((each) => (
      <li key={each.id}>
        <Badge kind={KINDS[each.state] ?? 'quiet'}>{each.state.replaceAll('_', ' ')}</Badge>{' '}
        {withAlert && each.alertId ? <a href={`#/alerts/${encodeURIComponent(each.alertId)}`}>{each.reason}</a> : each.reason}{' '}
        to <bdi>{each.channelName ?? each.channelId}</bdi> <When at={each.sentAt ?? each.at} />
        {each.error && <span className="trouble"> · <bdi>{each.error}</bdi></span>}
      </li>
    ))}
  </ol>
);
