// The specification's service class: what a program says to the Performance Monitoring Service.
import { Buffer, type BufferFigures } from './buffer.js';
import { beforeExit, variable } from './environment.js';
import { Feed } from './feed.js';
import { Http } from './http.js';
import { Listeners } from './listeners.js';
import { Log, type Logger } from './log.js';
import { sampleOf } from './samples.js';
import type {
  Alert,
  AlertRule,
  AlertRuleChange,
  AlertRuleInput,
  Metric,
  MonitoringEvents,
  PerformanceReport,
  RecordResult,
  ReportPeriod,
  SystemHealth,
} from './types.js';

const RULES = '/monitoring/alerts/rules';
const ALERTS = '/monitoring/alerts';

export interface Options {
  /** Send when so many samples wait; METRIC_BUFFER_SIZE, or 100. */
  bufferSize?: number;
  /** Send when a sample has waited so many milliseconds; 1000. */
  flushInterval?: number;
  /** Hold at most so many samples while the service cannot be reached; 10000. */
  maxBuffered?: number;
  /** Milliseconds between looks at the feed of events while somebody listens; 5000. */
  eventInterval?: number;
  /** Milliseconds until a request counts as failed; 10000. */
  timeout?: number;
  /** Milliseconds that sending what is left may take at the end; 5000. */
  closeTimeout?: number;
  /** Tags of every sample of this program, like {service: 'shop'}; a sample's own come first. */
  tags?: Record<string, string>;
  /** Where warnings go; the console. */
  logger?: Logger;
  fetch?: typeof fetch;
}

/**
 * A client of the service at `url` (ends in /api), with a token.
 *
 * Recording never rejects, throws or blocks: samples are buffered and sent behind the program's back. Everything else
 * is a request of its own and rejects with ApiError or Unreachable. Nothing here keeps a program alive; at its end
 * what is buffered is sent.
 */
export class PerformanceMonitoringService {
  private readonly http: Http;
  private readonly buffer: Buffer;
  private readonly feed: Feed;
  private readonly listeners: Listeners<MonitoringEvents>;
  private readonly log: Log;
  private readonly tags: Record<string, string>;
  private readonly closeTimeout: number;
  private readonly forgetExit: () => void;
  private closing: Promise<void> | null = null;

  constructor(url: string, token: string, options: Options = {}) {
    if (!/^https?:\/\//.test(url)) throw new TypeError('url: must begin with http:// or https://, and end in /api.');
    this.log = new Log(options.logger ?? console);
    this.http = new Http(url, token, options.timeout ?? 10_000, options.fetch ?? globalThis.fetch);
    this.listeners = new Listeners(this.log);
    const size = options.bufferSize ?? (Number(variable('METRIC_BUFFER_SIZE')) || 100);
    const capacity = options.maxBuffered ?? 10_000;
    this.buffer = new Buffer(this.http, { size, interval: options.flushInterval ?? 1000, capacity }, this.log, sample =>
      this.listeners.emit('metricRecorded', sample),
    );
    this.feed = new Feed(this.http, options.eventInterval ?? 5000, this.log, (type, data) =>
      this.listeners.emit(type as 'alertTriggered', data as Alert),
    );
    this.tags = options.tags ?? {};
    this.closeTimeout = options.closeTimeout ?? 5000;
    this.forgetExit = beforeExit(() => {
      if (this.buffer.figures().waiting) void this.buffer.drain(this.closeTimeout);
    });
  }

  /**
   * Record one sample. Resolves at once: accepted means that it is buffered and will be sent, also when the service
   * is away for a while; `metricRecorded` tells when the service has it. Never rejects.
   */
  async recordMetric(metric: Metric): Promise<RecordResult> {
    try {
      if (this.closing) return { accepted: false, reason: 'The client is closed.' };
      const sample = sampleOf({ ...metric, tags: { ...this.tags, ...metric?.tags } }, Date.now());
      if (this.buffer.add(sample)) return { accepted: true };
      return { accepted: false, reason: 'The buffer is full: the service does not take what waits.' };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.log.warn(`a sample was not recorded: ${reason}`);
      return { accepted: false, reason };
    }
  }

  /** Send what is buffered now. True when the service has answered all of it; false: it is kept and tried again. */
  flush(): Promise<boolean> {
    return this.buffer.flush();
  }

  /** How many samples were sent, wait, and were dropped. */
  figures(): BufferFigures {
    return this.buffer.figures();
  }

  createAlertRule(rule: AlertRuleInput): Promise<AlertRule> {
    return this.http.call('POST', RULES, { body: rule });
  }

  /** Change the fields that are named. */
  updateAlertRule(ruleId: string, change: AlertRuleChange): Promise<AlertRule> {
    return this.http.call('PUT', `${RULES}/${encodeURIComponent(ruleId)}`, { body: change, repeatable: true });
  }

  /** All rules. */
  getAlertRules(): Promise<AlertRule[]> {
    return this.all('rules', RULES);
  }

  /** All alerts that fire now. */
  getActiveAlerts(): Promise<Alert[]> {
    return this.all('alerts', `${ALERTS}/active`);
  }

  /** Say that somebody takes care of an alert; saying it twice is fine. */
  acknowledgeAlert(alertId: string, comment?: string): Promise<Alert> {
    return this.act(alertId, 'acknowledge', comment, true);
  }

  /** End an alert; while the condition still holds, a new one begins. */
  resolveAlert(alertId: string, comment?: string): Promise<Alert> {
    return this.act(alertId, 'resolve', comment, false);
  }

  /** A report about a range. Midnight UTC as an end means that whole day; without dates, the last complete period. */
  generatePerformanceReport(period: ReportPeriod, startDate?: Date, endDate?: Date): Promise<PerformanceReport> {
    const query = { period, startDate: startDate?.toISOString(), endDate: endDate?.toISOString() };
    return this.http.call('GET', '/monitoring/reports/performance', { query });
  }

  getSystemHealth(): Promise<SystemHealth> {
    return this.http.call('GET', '/monitoring/health/system');
  }

  /** Call back on every such event. The feed is followed from the first listener on, and only while there is one. */
  on<Name extends keyof MonitoringEvents>(event: Name, listener: (data: MonitoringEvents[Name]) => unknown): this {
    this.listeners.add(event, listener);
    this.followWhatIsHeard();
    return this;
  }

  off<Name extends keyof MonitoringEvents>(event: Name, listener: (data: MonitoringEvents[Name]) => unknown): this {
    this.listeners.remove(event, listener);
    this.followWhatIsHeard();
    return this;
  }

  /** Send what is left and let go of everything. Calling it twice is fine. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    this.forgetExit();
    this.feed.stop();
    await this.buffer.drain(this.closeTimeout);
    this.listeners.clear();
  }

  private followWhatIsHeard(): void {
    const heard = this.listeners.events().some(event => event !== 'metricRecorded');
    if (heard && !this.closing) this.feed.follow();
    else this.feed.stop();
  }

  private act(alertId: string, verb: string, comment: string | undefined, repeatable: boolean): Promise<Alert> {
    const body = comment === undefined ? {} : { comment };
    return this.http.call('POST', `${ALERTS}/${encodeURIComponent(alertId)}/${verb}`, { body, repeatable });
  }

  private async all<Thing>(name: string, path: string): Promise<Thing[]> {
    const found: Thing[] = [];
    let after: string | undefined;
    do {
      const page = await this.http.call<Record<string, unknown>>('GET', path, { query: { after } });
      found.push(...(page[name] as Thing[]));
      after = (page['next'] as string | null) ?? undefined;
    } while (after !== undefined);
    return found;
  }
}
