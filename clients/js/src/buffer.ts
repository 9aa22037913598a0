// Samples on their way: kept until the service has them, sent in batches that count once however often they are sent.
import { backoff, problem, type Answer, type Http } from './http.js';
import { quietTimeout } from './environment.js';
import type { FieldError } from './errors.js';
import type { Log } from './log.js';
import type { RecordedMetric } from './types.js';

const PATH = '/monitoring/metrics';
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const LARGEST_BATCH = 1000; // samples; after an outage, more than a usual buffer goes at once
const LARGEST_BODY = 1_000_000; // characters, three bytes each at worst: below the service's 4 MB

/** Samples that share an idempotency key: sent again as they are until there is an answer. */
interface Batch {
  key: string;
  body: string;
  samples: RecordedMetric[];
}

/** What the service says to a batch; it names at most 50 errors. */
interface Receipt {
  accepted: number;
  rejected: number;
  errors?: FieldError[];
}

export interface BufferOptions {
  /** Send when so many samples wait. */
  size: number;
  /** Send when the oldest has waited so many milliseconds. */
  interval: number;
  /** Hold no more than so many; further ones are not accepted. */
  capacity: number;
}

export interface BufferFigures {
  /** Accepted by the service. */
  sent: number;
  /** Held here until the service takes them. */
  waiting: number;
  /** Refused by the service, or given up at the end of the program. */
  dropped: number;
}

export class Buffer {
  private waiting: RecordedMetric[] = [];
  private batch: Batch | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private sending: Promise<boolean> | null = null;
  private stop = new AbortController();
  private failures = 0;
  private sent = 0;
  private dropped = 0;

  constructor(
    private readonly http: Http,
    private readonly options: BufferOptions,
    private readonly log: Log,
    private readonly accepted: (sample: RecordedMetric) => void,
  ) {}

  figures(): BufferFigures {
    return { sent: this.sent, waiting: this.held(), dropped: this.dropped };
  }

  /** Take a sample; false when the buffer is full. */
  add(sample: RecordedMetric): boolean {
    if (this.held() >= this.options.capacity) {
      this.log.warn(`${this.options.capacity} samples wait for the service; further ones are not recorded`);
      return false;
    }
    this.waiting.push(sample);
    // While the service does not answer, the timer of the next try is what counts.
    if (this.waiting.length === this.options.size && !this.sending && !this.failures) this.schedule(0);
    else if (!this.timer && !this.sending) this.schedule(this.options.interval);
    return true;
  }

  /** Send what waits now; true when nothing is left, false when the service did not take it and it is kept. */
  async flush(): Promise<boolean> {
    await this.sending;
    return this.held() === 0 || this.start();
  }

  /** Send what waits, trying again for so many milliseconds; what is left then is given up. */
  async drain(milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>(resolve => {
      timer = setTimeout(() => resolve(false), milliseconds);
    });
    while (!(await Promise.race([this.flush(), late])) && Date.now() < end) {
      const wait = Math.min(backoff(this.failures, FIRST_WAIT, LONGEST_WAIT), end - Date.now());
      await new Promise(resolve => setTimeout(resolve, wait));
    }
    clearTimeout(timer);
    this.giveUp();
  }

  private held(): number {
    return this.waiting.length + (this.batch?.samples.length ?? 0);
  }

  private schedule(milliseconds: number): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = quietTimeout(() => void this.start(), milliseconds);
  }

  /** One sender at a time: whoever asks meanwhile gets the same answer. */
  private start(): Promise<boolean> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.sending ??= this.sendAll().finally(() => {
      this.sending = null;
      // What came in while the last batch was on its way.
      if (this.held() && !this.timer) this.schedule(this.options.interval);
    });
    return this.sending;
  }

  private async sendAll(): Promise<boolean> {
    for (;;) {
      this.batch ??= this.nextBatch();
      if (!this.batch) return true;
      const wait = await this.deliver(this.batch);
      if (!this.batch) return false; // given up meanwhile
      if (wait !== null) {
        this.schedule(wait);
        return false;
      }
      this.batch = null;
    }
  }

  private nextBatch(): Batch | null {
    const texts: string[] = [];
    let length = 0;
    for (const sample of this.waiting.slice(0, LARGEST_BATCH)) {
      const text = JSON.stringify(sample);
      length += text.length + 1;
      if (length > LARGEST_BODY && texts.length) break;
      texts.push(text);
    }
    const samples = this.waiting.splice(0, texts.length);
    return samples.length ? { key: newKey(), body: `[${texts.join(',')}]`, samples } : null;
  }

  /** Null when the batch is done with; else milliseconds to wait before it is sent again. */
  private async deliver(batch: Batch): Promise<number | null> {
    let answer: Answer;
    try {
      answer = await this.http.send('POST', PATH, {
        body: batch.body,
        headers: { 'Idempotency-Key': batch.key },
        signal: this.stop.signal,
      });
    } catch (error) {
      if (batch !== this.batch) return 0;
      return this.later((error as Error).message, 0);
    }
    const { status } = answer;
    // A token may be put right without a restart of this program, so its samples wait as well.
    if (status >= 500 || [401, 403, 408, 425, 429].includes(status)) {
      return this.later(problem(answer).message, answer.retryAfter);
    }
    if (status >= 300) {
      this.dropped += batch.samples.length;
      this.log.warn(`${batch.samples.length} samples were refused: ${problem(answer).message}`);
    } else if (isReceipt(answer.body)) {
      this.count(batch, answer.body);
    } else {
      return this.later('something that is not the service answered', 0);
    }
    this.failures = 0;
    return null;
  }

  private later(why: string, retryAfter: number): number {
    this.failures += 1;
    this.log.warn(`${this.held()} samples wait: ${why}`);
    return Math.max(retryAfter, backoff(this.failures, FIRST_WAIT, LONGEST_WAIT));
  }

  private count(batch: Batch, { accepted, rejected, errors = [] }: Receipt): void {
    this.sent += accepted;
    this.dropped += rejected;
    this.log.debug(`${accepted} samples sent, ${rejected} refused`);
    const refused = new Set(errors.map(each => each.index));
    if (rejected) this.log.warn(`${rejected} samples were refused: ${errors[0]?.field}: ${errors[0]?.reason}`);
    // The service names the first refused ones only; behind the last it names, nobody knows which were accepted.
    const known = rejected > errors.length ? Math.max(-1, ...errors.map(each => each.index ?? -1)) : Infinity;
    batch.samples.forEach((sample, index) => {
      if (index <= known && !refused.has(index)) this.accepted(sample);
    });
  }

  private giveUp(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const left = this.held();
    this.dropped += left;
    this.waiting = [];
    this.batch = null;
    this.stop.abort();
    this.stop = new AbortController();
    if (left) this.log.warn(`${left} samples could not be sent before the end`);
  }
}

/** A proxy's login page is answered with 200 as well, and must not be taken for the service. */
function isReceipt(body: unknown): body is Receipt {
  const { accepted, rejected } = (body ?? {}) as Partial<Receipt>;
  return typeof accepted === 'number' && typeof rejected === 'number';
}

/** Unguessable is not needed, unique is: Node 18 and pages without TLS have no randomUUID. */
function newKey(): string {
  const part = () => Math.random().toString(36).slice(2);
  return globalThis.crypto?.randomUUID?.() ?? `${Date.now().toString(36)}-${part()}${part()}`;
}
