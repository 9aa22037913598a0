// What a rule saw at the last instants, group by group: whether it works as it was meant.
import type { Rule } from '../api';
import { useApi } from '../hooks';
import { quantity, tagsText } from '../text';
import { Badge, Card, Waiting } from '../ui';

type Seen = { units: string[]; groups: { tags: Record<string, string>; evaluations: { at: string; verdict: string; values: (number | null)[] }[] }[] };
const MOST = 12;
const RANK: Record<string, number> = { breached: 0, no_data: 1, clear: 2 };
const KINDS: Record<string, string> = { breached: 'down', no_data: 'late', clear: 'up' };

export function Now({ rule }: { rule: Rule }) {
  const seen = useApi<Seen>(`/alerts/rules/${encodeURIComponent(rule.id)}/evaluations?count=1`, 10);
  return (
    <Card title="How it stands">
      <Waiting loaded={seen}>
        {({ groups, units }) => {
          if (!groups.length) return <p className="empty">It has nothing to judge: no series is like that. Look at its metric and tags.</p>;
          const last = groups.flatMap(({ tags, evaluations }) => evaluations.slice(-1).map((each) => ({ tags, ...each })));
          const shown = last.sort((a, b) => (RANK[a.verdict] ?? 3) - (RANK[b.verdict] ?? 3) || (b.values[0] ?? 0) - (a.values[0] ?? 0)).slice(0, MOST);
          return (
            <>
              <ul className="seen">
                {shown.map(({ tags, verdict, values }) => (
                  <li key={tagsText(tags)}><Badge kind={KINDS[verdict] ?? 'quiet'}>{verdict.replaceAll('_', ' ')}</Badge> <bdi>{tagsText(tags) || 'all'}</bdi> <b>{values.map((value, place) => quantity(value, units[place] ?? '')).join(' and ')}</b></li>
                ))}
              </ul>
              {groups.length > MOST && <p className="note">and {groups.length - MOST} more groups</p>}
            </>
          );
        }}
      </Waiting>
    </Card>
  );
}
