/** What the running containers of some stores use, and how fast: rates are the difference to the look before. */
import type { ContainerState } from '../../monitor/protocol.ts';
import { consumptionOf, type Consumption } from './consumption.ts';
import { inspectContainers, type Store } from './inspect.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { listActive } from '../store.ts';

/** Since the look before; null at the first look at a container, and where the counter is. */
export interface Rates {
  /** 100: one processor all the time. */
  readonly cpuPercent: number | null;
  /** Bytes a second, as the next three. */
  readonly blockReadRate: number | null;
  readonly blockWriteRate: number | null;
  readonly rxRate: number | null;
  readonly txRate: number | null;
}

/** What a running container uses at one moment, and how fast since the look before. */
export interface Measurement extends Partial<Consumption>, Rates {
  readonly name: string;
  readonly lxcpath: string;
  /** UNRESPONSIVE: its monitor does not answer, and nothing else is known of it. */
  readonly state: ContainerState | 'UNRESPONSIVE';
  /** The monitor's account of it; null where it is UNRESPONSIVE. */
  readonly running: MonitorInfo | null;
}

interface Look {
  /** performance.now() */
  readonly at: number;
  /** Another one: the container was started again, and its counters with it. */
  readonly startedAtMs: number;
  readonly consumption: Consumption;
}

type Counter = 'cpuNanoseconds' | 'blockReadBytes' | 'blockWriteBytes' | 'rxBytes' | 'txBytes';

function ratesOf(now: Look | undefined, before: Look | undefined): Rates {
  const perSecond = (counter: Counter): number | null => {
    if (!now || !before || before.startedAtMs !== now.startedAtMs) return null;
    const [last, first] = [now.consumption[counter], before.consumption[counter]];
    if (last === null || first === null || now.at <= before.at) return null;
    return (Math.max(0, last - first) * 1000) / (now.at - before.at);
  };
  const nanoseconds = perSecond('cpuNanoseconds');
  return {
    cpuPercent: nanoseconds === null ? null : nanoseconds / 1e7,
    blockReadRate: perSecond('blockReadBytes'),
    blockWriteRate: perSecond('blockWriteBytes'),
    rxRate: perSecond('rxBytes'),
    txRate: perSecond('txBytes'),
  };
}

/** Looks again and again. */
export class Meter {
  readonly #stores: readonly Store[];
  readonly #only: ReadonlySet<string>;
  #before: ReadonlyMap<string, Look> = new Map();

  /** only: names of containers; empty: all. */
  constructor(stores: readonly Store[], only: readonly string[]) {
    this.#stores = stores;
    this.#only = new Set(only);
  }

  /** The containers that run now, by store and name. */
  look(): Measurement[] {
    const looks = new Map<string, Look>();
    const found = this.#stores.flatMap((store) => {
      const names = listActive(store.system, store.lxcpath).filter(
        (name) => this.#only.size === 0 || this.#only.has(name),
      );
      return inspectContainers(store, names, { network: false })
        .filter(({ state }) => state !== 'STOPPED')
        .map(({ name, state, running }) => {
          const key = `${store.lxcpath}/${name}`;
          const look = running && {
            at: performance.now(),
            startedAtMs: running.startedAtMs,
            consumption: consumptionOf(running),
          };
          if (look) looks.set(key, look);
          const rates = ratesOf(look ?? undefined, this.#before.get(key));
          return { name, lxcpath: store.lxcpath, state, running, ...look?.consumption, ...rates };
        });
    });
    this.#before = looks;
    return found;
  }
}
