// Which hosts a page shows first: those that are not up, however many are, and then the first by name that are.
import type { Host } from './api';
import { type Loaded, useApi } from './hooks';

type Page = { hosts: Host[]; next: string | null; counts: Record<Host['state'], number> };
export type Listed = { hosts: Host[]; more: number; counts: Page['counts'] };

const RANK = { down: 0, late: 1, up: 2 };

export function useHosts(): Loaded<Listed> {
  const all = useApi<Page>('/hosts', 10);
  const isCut = Boolean(all.data?.next);
  // A page that is not cut has them all.
  const troubled = useApi<Page>(isCut ? '/hosts?state=down,late' : null, 10);
  // What the newer of both says of a host that is in both comes last, and stands.
  const pages = troubled.at > all.at ? [all.data, troubled.data] : [troubled.data, all.data];
  return { ...all, error: all.error ?? troubled.error, data: all.data && listed(pages.flatMap((page) => page?.hosts ?? []), all.data.counts) };
}

function listed(hosts: Host[], counts: Page['counts']): Listed {
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const found = [...byName.values()].sort((a, b) => RANK[a.state] - RANK[b.state]);
  return { hosts: found, more: Math.max(0, counts.up + counts.late + counts.down - found.length), counts };
}
