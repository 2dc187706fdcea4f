/** tlxc-top on a terminal: draws, waits for a key or the time, and draws again. */
import type { Measurement, Meter } from '../container/info/meter.ts';
import { CommandLines } from '../container/info/command-lines.ts';
import { processesOf } from '../container/info/processes.ts';
import type { Screen } from '../host/screen.ts';
import {
  containerOrders,
  processColumns,
  processOrders,
  sorted,
  type Order,
  type Process,
} from './top-columns.ts';
import { tableLines, type Paint } from './top-frame.ts';
import {
  AROUND,
  containerTable,
  counted,
  helpLine,
  idOf,
  pageLines,
  summary,
  type Page,
} from './top-page.ts';
import { placeOf, press, type List, type Shown, type View } from './top-view.ts';

export interface LiveOptions {
  readonly meter: Meter;
  readonly delayMs: number;
  /** Looks before it ends by itself. */
  readonly count: number;
  readonly view: View;
  readonly paint: Paint;
  readonly withPaths: boolean;
}

/** The first rates come soon: who has just come waits for them. */
const FIRST_MS = 500;

const processIdOf = ({ pid, startTime }: Process): string => `${pid} ${startTime}`;

/** What was measured last. */
interface Facts {
  readonly containers: readonly Measurement[];
  /** Of the container that is looked into. */
  readonly processes: readonly Process[];
  /** false: it has more control groups than were looked into. */
  readonly complete: boolean;
}

function orderOf<T>(orders: readonly Order<T>[], list: List): Order<T> {
  const order = orders.find(({ key }) => key === list.sort) ?? orders[0];
  if (!order) throw new Error('a table without an order');
  return order;
}

class Live {
  #facts: Facts = { containers: [], processes: [], complete: true };
  #view: View;
  #lookedAt = 0;
  readonly #commandLines = new CommandLines();
  readonly #screen: Screen;
  readonly #options: LiveOptions;

  constructor(screen: Screen, options: LiveOptions) {
    this.#screen = screen;
    this.#options = options;
    this.#view = options.view;
  }

  async run(): Promise<void> {
    for (let looks = 0; looks < this.#options.count; looks++) {
      await this.#look();
      const wait = looks === 0 ? Math.min(FIRST_MS, this.#options.delayMs) : this.#options.delayMs;
      if (!(await this.#react(performance.now() + wait))) return;
    }
  }

  /** Until the time of the next look; false: the person leaves. */
  async #react(until: number): Promise<boolean> {
    for (;;) {
      this.#screen.draw(pageLines(this.#page(), this.#screen.size));
      const event = await this.#screen.next(Math.max(0, until - performance.now()));
      if (event.kind === 'end') return false;
      if (event.kind === 'time' || (event.kind === 'key' && event.key === ' ')) return true;
      if (event.kind === 'key' && event.key === 'suspend') this.#screen.suspend();
      else if (event.kind === 'key') {
        const before = this.#view.inside?.id;
        const next = press(this.#view, this.#shown(), event.key);
        if (next === 'quit') return false;
        this.#view = next;
        if (next.inside && next.inside.id !== before) await this.#lookInside();
      }
    }
  }

  async #look(): Promise<void> {
    this.#facts = { ...this.#facts, containers: this.#options.meter.look() };
    const { inside } = this.#view;
    if (!inside) return;
    if (this.#facts.containers.some((each) => idOf(each) === inside.id)) await this.#lookInside();
    else this.#view = { ...this.#view, inside: null };
  }

  async #lookInside(): Promise<void> {
    const container = this.#facts.containers.find((each) => idOf(each) === this.#view.inside?.id);
    const now = performance.now();
    const seconds = (now - this.#lookedAt) / 1000;
    const before = new Map(this.#facts.processes.map((each) => [processIdOf(each), each.cpuNanoseconds]));
    const found = container?.running
      ? await processesOf(container.running, this.#commandLines)
      : { processes: [], complete: true };
    const processes = found.processes.map((each) => {
      const last = before.get(processIdOf({ ...each, cpuPercent: null }));
      const cpuPercent = last === undefined ? null : (each.cpuNanoseconds - last) / 1e7 / seconds;
      return { ...each, cpuPercent };
    });
    this.#lookedAt = now;
    this.#facts = { ...this.#facts, processes, complete: found.complete };
  }

  #containers(): Measurement[] {
    const { containers } = this.#view;
    return sorted(this.#facts.containers, orderOf(containerOrders, containers), containers.reversed, idOf);
  }

  #processes(list: List): Process[] {
    return sorted(this.#facts.processes, orderOf(processOrders, list), list.reversed, processIdOf);
  }

  #shown(): Shown {
    const { inside } = this.#view;
    const page = Math.max(1, this.#screen.size.rows - AROUND);
    if (!inside)
      return { ids: this.#containers().map(idOf), keys: containerOrders.map(({ key }) => key), page };
    const ids = this.#processes(inside.processes).map(processIdOf);
    return { ids, keys: processOrders.map(({ key }) => key), page };
  }

  #page(): Page {
    const { inside, containers: list } = this.#view;
    // The chosen row has a mark before it.
    const width = this.#screen.size.columns - 1;
    const { paint } = this.#options;
    if (inside) {
      const rows = this.#processes(inside.processes);
      const words = { title: 'COMMAND', at: 'end' as const, of: ({ command }: Process) => command };
      const table = tableLines({
        columns: processColumns,
        rows,
        words,
        sort: inside.processes.sort,
        width,
        paint,
      });
      return {
        ...{ title: this.#insideTitle(inside.id), table },
        chosen: placeOf(inside.processes, rows.map(processIdOf)),
        help: helpLine(processOrders, 'q quit  Esc back'),
      };
    }
    const rows = this.#containers();
    return {
      title: summary(rows),
      table: containerTable(rows, { sort: list.sort, width, paint, withPaths: this.#options.withPaths }),
      chosen: placeOf(list, rows.map(idOf)),
      help: helpLine(containerOrders, 'q quit  Enter processes'),
    };
  }

  #insideTitle(id: string): string {
    const name = this.#facts.containers.find((each) => idOf(each) === id)?.name ?? id;
    const { processes, complete } = this.#facts;
    const more = complete ? '' : ' … and more, in control groups that were not looked into';
    return `${name}: ${counted(processes.length, 'process', 'processes')}${more}`;
  }
}

/** Until the person leaves, or count looks were had. The screen is the caller's to close. */
export const showLive = (screen: Screen, options: LiveOptions): Promise<void> =>
  new Live(screen, options).run();
