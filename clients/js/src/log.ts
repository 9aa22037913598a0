// What the client says on the console: trouble, once a minute at most; everything, with LOG_LEVEL=debug.
import { variable } from './environment.js';

const QUIET = 60_000;

/** Where lines go; the console unless told otherwise. */
export interface Logger {
  warn(message: string): void;
  debug(message: string): void;
}

export class Log {
  private lastWarning = -Infinity;
  private untold = 0;

  constructor(private readonly to: Logger) {}

  /** A client in trouble must not flood its host's log: what is not told is counted. */
  warn(message: string): void {
    const now = Date.now();
    if (now - this.lastWarning < QUIET) {
      this.untold += 1;
      this.debug(message);
      return;
    }
    const more = this.untold ? ` (${this.untold} more since the last warning)` : '';
    this.lastWarning = now;
    this.untold = 0;
    this.say('warn', `${message}${more}`);
  }

  debug(message: string): void {
    if (variable('LOG_LEVEL')?.toLowerCase() === 'debug') this.say('debug', message);
  }

  /** A logger that fails is not the program's trouble either. */
  private say(level: keyof Logger, message: string): void {
    try {
      this.to[level](`performance monitoring: ${message}`);
    } catch {
      // There is nobody left to tell.
    }
  }
}
