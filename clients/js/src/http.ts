// One connection with the service: its token, timeouts, and retries of what may be repeated.
import { ApiError, Unreachable, type FieldError } from './errors.js';
import { quietTimeout } from './environment.js';

const TRIES = 4;
const FIRST_WAIT = 200;
const LONGEST_WAIT = 10_000;

/** What came back, whatever it says; `retryAfter` is milliseconds. */
export interface Answer {
  status: number;
  body: unknown;
  retryAfter: number;
}

export interface Call {
  query?: Record<string, string | undefined>;
  body?: unknown;
  /** It may be repeated also where nobody knows whether it was done: reads, and writes that change nothing twice. */
  repeatable?: boolean;
  tries?: number;
}

export interface Sending {
  body?: string;
  headers?: Record<string, string>;
  /** Ends the request before its time. */
  signal?: AbortSignal;
}

export class Http {
  readonly url: string;

  constructor(
    url: string,
    private readonly token: string,
    private readonly timeout: number,
    private readonly fetcher: typeof fetch,
  ) {
    this.url = url.replace(/\/+$/, '');
  }

  /** The decoded answer of a call. Rejects with ApiError or Unreachable. */
  async call<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const { query, body, repeatable = method === 'GET', tries = TRIES } = call;
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    for (let attempt = 1; ; attempt += 1) {
      let wait = backoff(attempt, FIRST_WAIT, LONGEST_WAIT);
      try {
        const answer = await this.send(method, path + search(query), sent);
        if (answer.status < 300) return this.said<T>(answer);
        // 429 and 503 promise that nothing was kept.
        const again = [429, 503].includes(answer.status) || (repeatable && answer.status >= 500);
        if (!again || attempt === tries || answer.retryAfter > LONGEST_WAIT) throw problem(answer);
        wait = Math.max(wait, answer.retryAfter);
      } catch (error) {
        if (!(error instanceof Unreachable) || !repeatable || attempt === tries) throw error;
      }
      await new Promise(resolve => setTimeout(resolve, wait));
    }
  }

  /** What the service answered: everything that is called for has an answer, and a page of a proxy is none. */
  private said<T>(answer: Answer): T {
    if (answer.body !== null) return answer.body as T;
    throw new ApiError(answer.status, `${this.url} answers, but not as the service does: its url ends in /api.`);
  }

  /** One request, once. Rejects with Unreachable only; every status is an answer. */
  async send(method: string, path: string, { body, headers = {}, signal }: Sending = {}): Promise<Answer> {
    const stop = new AbortController();
    const end = () => stop.abort();
    const timer = quietTimeout(end, this.timeout);
    signal?.addEventListener('abort', end);
    const sent: Record<string, string> = { Accept: 'application/json', ...headers };
    if (this.token) sent['Authorization'] = `Bearer ${this.token}`;
    if (body !== undefined) sent['Content-Type'] = 'application/json';
    const { fetcher } = this; // the browser's fetch refuses to be called as somebody's method
    try {
      const response = await fetcher(this.url + path, { method, headers: sent, body: body ?? null, signal: stop.signal });
      const text = await response.text();
      const seconds = Number(response.headers.get('Retry-After') ?? 0);
      return { status: response.status, body: decode(text), retryAfter: seconds > 0 ? seconds * 1000 : 0 };
    } catch (error) {
      throw new Unreachable(`${this.url} cannot be reached (${reason(error, stop.signal.aborted)}). Is the service running?`);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }
}

/** Milliseconds before the next try: twice as long each time, and never all clients at once. */
export function backoff(attempt: number, first: number, longest: number): number {
  return Math.min(longest, first * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

/** What a refusal says, as an error. */
export function problem(answer: Answer): ApiError {
  const body = (typeof answer.body === 'object' && answer.body !== null ? answer.body : {}) as {
    detail?: string;
    field?: string;
    errors?: FieldError[];
    requestId?: string;
  };
  const detail = body.detail ?? `the service answered ${answer.status}`;
  return new ApiError(answer.status, detail, body.field, body.errors, body.requestId);
}

function search(query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((each): each is [string, string] => each[1] !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : '';
}

function decode(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null; // a proxy's page rather than the service's answer: the status says enough
  }
}

function reason(error: unknown, timedOut: boolean): string {
  if (timedOut) return 'no answer in time';
  const cause = (error as { cause?: { code?: string } }).cause;
  return cause?.code ?? (error instanceof Error ? error.message : String(error));
}
