// The host program's environment, also where there is no `process`: in a browser.

interface Host {
  env?: Record<string, string | undefined>;
  on?(event: 'beforeExit', listener: () => void): void;
  off?(event: 'beforeExit', listener: () => void): void;
}

const host = (globalThis as { process?: Host }).process;

/** An environment variable as it is now, so that `process.env.LOG_LEVEL = 'debug'` works at any time. */
export function variable(name: string): string | undefined {
  return host?.env?.[name];
}

/** Call when the program has nothing left to do; returns how to stop that. */
export function beforeExit(listener: () => void): () => void {
  host?.on?.('beforeExit', listener);
  return () => host?.off?.('beforeExit', listener);
}

/** A timer that never keeps a program alive. */
export function quietTimeout(callback: () => void, milliseconds: number): ReturnType<typeof setTimeout> {
  const timer: unknown = setTimeout(callback, milliseconds);
  (timer as { unref?(): void }).unref?.();
  return timer as ReturnType<typeof setTimeout>;
}
