// Follows the service's feed of events for as long as somebody listens; none is skipped, none told twice.
import { backoff, type Http } from './http.js';
import { quietTimeout } from './environment.js';
import type { Log } from './log.js';

const PATH = '/monitoring/events';
const PAGE = 100;
const LONGEST_WAIT = 60_000;

interface Page {
  events: { id: string; type: string; at: string; data: unknown }[];
  next: string;
}

export class Feed {
  private following = false;
  private cursor: string | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private reading = false;
  private failures = 0;

  constructor(
    private readonly http: Http,
    private readonly interval: number,
    private readonly log: Log,
    private readonly tell: (type: string, data: unknown) => void,
  ) {}

  /** Begin with what happens from now on. */
  follow(): void {
    if (this.following) return;
    this.following = true;
    this.cursor = null;
    if (!this.reading) void this.read();
  }

  stop(): void {
    this.following = false;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private async read(): Promise<void> {
    this.reading = true;
    let wait = this.interval;
    try {
      wait = await this.readPage();
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      wait = Math.max(this.interval, backoff(this.failures, this.interval, LONGEST_WAIT));
      this.log.warn(`events cannot be followed: ${(error as Error).message}`);
    }
    this.reading = false;
    if (this.following) this.timer = quietTimeout(() => void this.read(), wait);
  }

  /** Milliseconds until the next page: none when this one was full. */
  private async readPage(): Promise<number> {
    const asked = this.cursor;
    const query = asked === null ? {} : { after: asked, limit: String(PAGE) };
    const page = await this.http.call<Page>('GET', PATH, { query, tries: 1 });
    if (!this.following || this.cursor !== asked) return 0; // stopped, or begun anew, meanwhile
    this.cursor = page.next;
    for (const event of page.events) {
      if (this.following) this.tell(event.type, event.data);
    }
    return page.events.length === PAGE ? 0 : this.interval;
  }
}
