// From what a program records to what is sent. What the service would refuse is refused here, where somebody can see it.
import type { Metric, RecordedMetric } from './types.js';

const METRIC_TYPE = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;
const WITH_ZONE = /(?:Z|[+-]\d\d:?\d\d)$/i;
const MAX_TAGS = 20;
const MAX_UNIT = 32;
const MAX_KEY = 64;
const MAX_TAG = 256;

/** A sample ready to be sent: its instant is fixed, whenever it is sent. Throws InvalidSample. */
export function sampleOf(metric: Metric, now: number): RecordedMetric {
  const { metricType, value, unit } = metric;
  if (typeof metricType !== 'string' || !METRIC_TYPE.test(metricType)) {
    throw new InvalidSample(
      'metricType: letters, digits, _ . : -, beginning with a letter or underscore, up to 128 characters.',
    );
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new InvalidSample(`value: must be a finite number (${metricType}).`);
  }
  if (unit !== undefined && (typeof unit !== 'string' || unit.length > MAX_UNIT)) {
    throw new InvalidSample(`unit: text of up to ${MAX_UNIT} characters (${metricType}).`);
  }
  const timestamp = new Date(instantOf(metric.timestamp, now)).toISOString();
  return { metricType, value, ...(unit === undefined ? {} : { unit }), tags: tagsOf(metric), timestamp };
}

export class InvalidSample extends Error {}

function tagsOf({ metricType, tags }: Metric): Record<string, string> {
  // Programs without types send numbers, and tags that they leave undefined.
  const given = Object.entries(tags ?? {}).filter(([, value]) => value !== undefined && value !== null);
  if (given.length > MAX_TAGS) throw new InvalidSample(`tags: at most ${MAX_TAGS} (${metricType}).`);
  const kept: Record<string, string> = {};
  for (const [key, value] of given) {
    const text = String(value);
    if (key.length > MAX_KEY || text.length > MAX_TAG) {
      throw new InvalidSample(`tags: keys up to ${MAX_KEY}, values up to ${MAX_TAG} characters (${metricType}).`);
    }
    kept[key] = text;
  }
  return kept;
}

function instantOf(timestamp: Metric['timestamp'], now: number): number {
  if (timestamp === undefined || timestamp === null) return now;
  const time =
    typeof timestamp === 'string' && !WITH_ZONE.test(timestamp) ? Number.NaN : new Date(timestamp).getTime();
  if (Number.isNaN(time)) throw new InvalidSample('timestamp: a Date, ISO 8601 with a zone, or epoch milliseconds.');
  return time;
}
