// Who listens to what. A listener that fails is logged: it is not the monitored program's trouble.
import type { Log } from './log.js';

type Listener = (data: never) => unknown;

export class Listeners<Events> {
  private readonly byEvent = new Map<keyof Events, Listener[]>();

  constructor(private readonly log: Log) {}

  add<Name extends keyof Events>(event: Name, listener: (data: Events[Name]) => unknown): void {
    this.byEvent.set(event, [...(this.byEvent.get(event) ?? []), listener]);
  }

  remove<Name extends keyof Events>(event: Name, listener: (data: Events[Name]) => unknown): void {
    const kept = (this.byEvent.get(event) ?? []).filter(each => each !== listener);
    if (kept.length) this.byEvent.set(event, kept);
    else this.byEvent.delete(event);
  }

  clear(): void {
    this.byEvent.clear();
  }

  /** The events that somebody listens to. */
  events(): (keyof Events)[] {
    return [...this.byEvent.keys()];
  }

  emit<Name extends keyof Events>(event: Name, data: Events[Name]): void {
    for (const listener of this.byEvent.get(event) ?? []) {
      try {
        const returned = (listener as (given: Events[Name]) => unknown)(data);
        if (returned instanceof Promise) returned.catch(error => this.failed(event, error));
      } catch (error) {
        this.failed(event, error);
      }
    }
  }

  private failed(event: keyof Events, error: unknown): void {
    this.log.warn(`a listener to ${String(event)} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
