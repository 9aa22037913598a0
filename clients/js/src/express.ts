// Express middleware, versions 4 and 5: response time, requests and errors of every route.
import { watchRoute, type RoutedRequest } from './route.js';
import type { Metric } from './types.js';

const ABORTED = '499'; // what proxies call it when the caller leaves before there is an answer
const LONGEST_TAG = 256;

export interface MiddlewareOptions {
  /** Tags of every sample, like {service: 'shop'}. */
  tags?: Record<string, string>;
}

interface Recorder {
  recordMetric(metric: Metric): Promise<unknown>;
}

/** The least that an Express request and response have, so that either version's types fit. */
interface Incoming {
  method: string;
}

interface Outgoing {
  statusCode: number;
  writableFinished: boolean;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * `app.use(monitoringMiddleware(monitoring))`, before the routes.
 *
 * One `response_time` sample per request and one `error_rate` event per answer of 400 and above, tagged with
 * `endpoint` (the route's template), `method` and `statusCode`. A caller who leaves early counts as 499, not as an error.
 */
export function monitoringMiddleware(service: Recorder, { tags = {} }: MiddlewareOptions = {}) {
  return (request: Incoming, response: Outgoing, next: () => void): void => {
    const begun = performance.now();
    const watch = watchRoute(request as Incoming & RoutedRequest);
    response.once('close', () => {
      // Digits beyond a hundredth of a millisecond are noise, and cost the store half as much again.
      const value = Math.round((performance.now() - begun) * 100) / 100;
      const finished = response.writableFinished;
      const statusCode = finished ? String(response.statusCode) : ABORTED;
      const endpoint = watch.template().slice(0, LONGEST_TAG);
      const about = { ...tags, endpoint, method: request.method, statusCode };
      void service.recordMetric({ metricType: 'response_time', value, unit: 'ms', tags: about });
      if (finished && response.statusCode >= 400) {
        void service.recordMetric({ metricType: 'error_rate', value: 1, unit: 'count', tags: about });
      }
    });
    next();
  };
}
