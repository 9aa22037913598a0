// A service of paper: what each path answers, in the order it is asked; and what it was sent.
import { vi } from 'vitest';

export type Reply = { status?: number; body: unknown } | 'unreachable' | 'silent'; // silent: it takes the call and never answers

export function serve(replies: Record<string, Reply[]>): { asked: string[]; sent: unknown[] } {
  const asked: string[] = [];
  const sent: unknown[] = [];
  const left = new Map(Object.entries(replies).map(([path, each]) => [path, [...each]]));
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const path = url.replace(/^.*\/monitoring/, '');
    asked.push(`${init.method} ${path}`);
    if (init.body) sent.push(JSON.parse(init.body as string));
    const known = left.get(path);
    if (!known) throw new Error(`nobody answers ${path}`);
    const reply = known.length > 1 ? known.shift()! : known[0]!;
    if (reply === 'unreachable') throw new TypeError('network');
    if (reply === 'silent') return new Promise<Response>(() => {});
    return new Response(JSON.stringify(reply.body), { status: reply.status ?? 200 });
  });
  return { asked, sent };
}
