/** State changes as a program follows them. */
import { eventsOf } from '../../monitor/client.ts';
import type { ContainerState, Event, HealthStatus } from '../../monitor/protocol.ts';
import { processEnd, type ProcessEnd } from '../exec/wait-status.ts';
import { containerPaths } from '../paths.ts';
import { watchStore } from '../watch-store.ts';
import type { Located, Place } from './place.ts';

/** A container has changed its state, or its health. */
export interface ContainerEvent {
  /** The container's. */
  readonly name: string;
  readonly state: ContainerState;
  /** How its init ended, with STOPPING and STOPPED. */
  readonly exit?: ProcessEnd;
  /** With STOPPED: it is being started again. */
  readonly reboot?: boolean;
  /** What its health has changed to (tlxc.health.command); the state is as it was. */
  readonly health?: HealthStatus;
}

/** How events are followed. */
export interface EventOptions {
  /** Ends the loop when it is aborted. */
  readonly signal?: AbortSignal;
}

const eventOf = (name: string, { state, exitStatus, reboot, health }: Event): ContainerEvent => ({
  ...{ name, state },
  ...(exitStatus !== undefined && { exit: processEnd(exitStatus) }),
  ...(reboot && { reboot }),
  ...(health && { health }),
});

/** Of one container from now until it has stopped; none of one that does not run. */
export async function* containerEvents(
  { name, system, lxcpath }: Located,
  { signal }: EventOptions,
): AsyncGenerator<ContainerEvent, void, undefined> {
  const paths = containerPaths(system, lxcpath, name);
  for await (const event of eventsOf(paths, -1, signal)) yield eventOf(name, event);
}

/** The changes of a store's containers from the moment on that it is made; it ends when the loop is left, or by its signal. */
export class EventStream implements AsyncIterableIterator<ContainerEvent>, AsyncDisposable {
  readonly #waiting: ContainerEvent[] = [];
  readonly #watching: Promise<() => void>;
  readonly #signal: AbortSignal | undefined;
  #ended = false;
  #wake: () => void = () => undefined;

  /** @internal */
  constructor({ system, lxcpath }: Place, { signal }: EventOptions, concerns: (name: string) => boolean) {
    this.#signal = signal;
    this.#watching = watchStore(system, lxcpath, (event) => {
      if (!concerns(event.name)) return;
      this.#waiting.push(eventOf(event.name, event));
      this.#wake();
    });
    // next() tells it; until then nobody may be listening.
    this.#watching.catch(() => undefined);
    if (signal?.aborted) this.#end();
    else signal?.addEventListener('abort', this.#end);
  }

  /** The next change, as soon as there is one. */
  async next(): Promise<IteratorResult<ContainerEvent, undefined>> {
    await this.#watching;
    while (!this.#ended) {
      const event = this.#waiting.shift();
      if (event) return { done: false, value: event };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return { done: true, value: undefined };
  }

  /** Ends it. */
  async return(): Promise<IteratorResult<ContainerEvent, undefined>> {
    this.#end();
    await this.#watching.catch(() => undefined);
    return { done: true, value: undefined };
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Itself: it can be followed once. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener('abort', this.#end);
    void this.#watching.then((stop) => stop()).catch(() => undefined);
    this.#wake();
  };
}
