// The package's face: the client, the Express middleware, and the words of the API.
export { monitoringMiddleware, type MiddlewareOptions } from './express.js';
export { ApiError, Unreachable, type FieldError } from './errors.js';
export type { BufferFigures } from './buffer.js';
export type { Logger } from './log.js';
export { PerformanceMonitoringService, type Options } from './service.js';
export type * from './types.js';
