// Calls the API of the origin that served the page; the session is a cookie that no script can read.
export type Tags = Record<string, string>;
export type Check = { name: string; status: 'pass' | 'warn' | 'fail'; message: string; value?: number | null; threshold?: number | null };
export type Health = { status: 'healthy' | 'warning' | 'critical'; checks: Check[] };
export type Alert = {
  id: string; ruleId: string; ruleName: string; metricType: string; severity: string; state: string; tags: Tags;
  value: number | null; unit: string; threshold: number | null; message: string; pendingSince: string; firedAt: string | null;
  acknowledgedAt: string | null; acknowledgedBy: string | null; acknowledgementComment: string | null; resolvedAt: string | null; resolvedReason: string | null;
};
export type Judged = { metricType: string; condition: string; threshold: number; value: number | null; verdict: string; unit?: string; samples?: number };
export type Step = { at: string; from: string | null; to: string; reason: string | null; by: string | null; evidence?: { conditions?: Judged[] } | null };
export type Told = {
  id: string; at: string; sentAt: string | null; alertId: string | null; ruleId: string | null; channelId: string; channelName: string | null; reason: string; state: string; possibleDuplicate?: boolean;
  error: string | null;
};
export type Silence = {
  id: string; ruleId: string | null; metricType: string | null; severity: string[] | null; tags: Tags | null; startsAt: string; endsAt: string; comment: string; author: string;
};
export type Target = {
  id: string; name: string; type: string; url?: string; enabled: boolean; interval: number; state: string; lastUpAt: string | null;
  lastScrape: { at: string; error: string | null; samples: number; rejected: number } | null;
};
export type Rule = {
  id: string; name: string; metricType?: string; condition?: string; threshold?: number; duration: number; enabled: boolean;
  severity: string; groupBy: string[]; recipients: string[]; aggregation?: string; window?: number; lastError: string | null;
  conditions?: unknown[]; description: string; runbookUrl: string; channels: string[]; tags: Tags;
};
export type Host = {
  name: string; state: 'up' | 'late' | 'down'; lastSeen: string; firstSeen: string; agentVersion: string | null;
  os: string | null; cores: number | null; memory: number | null; interval: number | null;
};
export type Series = { tags: Tags; points: [number, number | null][] };
export type Minute = { at: string; status: Health['status']; checks: { name: string; status: Check['status'] }[] };
export type Found = { metricType: string; unit: string; step: number; tier: string; from: string; to: string; series: Series[] };
export type Channel = {
  id: string; name: string; type: string; enabled: boolean; config: Record<string, unknown>; disabledReason?: string | null; lastError: string | null; lastSentAt: string | null;
};
export type Token = { id: string; name: string; scopes: string[]; createdAt: string; expiresAt: string | null; lastUsedAt: string | null };

export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export const BASE = new URL('.', location.href.split('#')[0]).pathname.replace(/\/dashboard\/?$/, '/').replace(/\/$/, '') + '/monitoring';

// Accept begins with a binary type: API Gateway hands packed answers on to such calls only.
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let [answer, text]: [Response | null, string] = [null, ''];
  try {
    answer = await fetch(BASE + path, {
      method,
      credentials: 'same-origin',
      headers: { Accept: 'application/octet-stream, application/json', 'X-Requested-With': 'perfmon', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    text = await answer.text();
  } catch {
    throw new ApiError(0, 'The service cannot be reached. It is asked again in a moment.');
  }
  const content = read(text);
  if (!answer.ok) throw new ApiError(answer.status, content?.detail ?? `The service answered ${answer.status}.`);
  if (content === undefined) throw new ApiError(0, 'Something other than the service answered. It is asked again in a moment.');
  return content as T;
}

// Undefined for what is no JSON: gateways and networks have pages of their own.
function read(text: string): { detail?: string } | null | undefined {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return undefined;
  }
}

export const get = <T,>(path: string): Promise<T> => call<T>('GET', path);

export type Query = { metricType: string; from: string; to?: string; aggregation?: string; groupBy?: string; tags?: string; step?: string; topk?: string };

export const queryPath = (query: Query): string =>
  '/metrics/query?' + new URLSearchParams(Object.entries({ ...query, fill: 'null' }).filter(([, value]) => value) as [string, string][]);
