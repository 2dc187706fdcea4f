/** In which order containers are started or stopped: lxc.start.order and lxc.group as LXC heeds them, then tlxc.start.after. Pure. */
import type { ContainerConfig, Sourced } from '../../config/model.ts';
import { nearest } from '../../config/nearest.ts';
import { Problem } from '../../problem.ts';
import { byBytes } from '../store.ts';

/** What is done with the containers that start with the host. */
export type AutostartAction = 'start' | 'reboot' | 'shutdown' | 'kill';

export interface AutostartSelection {
  readonly action: AutostartAction;
  /** -g: one pass over the containers each, in this order; "" are those without lxc.group. */
  readonly groups: readonly string[];
  /** -a: one pass, whatever lxc.group says. */
  readonly all: boolean;
  /** -A: also those without lxc.start.auto. */
  readonly ignoreAuto: boolean;
}

/** What of a container decides. */
export type Candidate = Pick<ContainerConfig, 'name' | 'start' | 'groups'>;

/** A container, and which pass it belongs to: one that is needed to that of the first that needs it. */
export interface Placed<T extends Candidate = Candidate> {
  readonly container: T;
  readonly pass: number;
}

export const isEnd = (action: AutostartAction): boolean => action === 'shutdown' || action === 'kill';

/** LXC's order: the passes one after the other, each container in the first that takes it. */
function selected<T extends Candidate>(containers: readonly T[], selection: AutostartSelection): Placed<T>[] {
  const { action, groups, all, ignoreAuto } = selection;
  const sorted = containers
    .filter(({ start }) => ignoreAuto || start.auto)
    .sort((a, b) => a.start.order - b.start.order || byBytes(a.name, b.name));
  if (isEnd(action)) sorted.reverse();
  if (all) return sorted.map((container) => ({ container, pass: 0 }));
  const isIn = (group: string) => (one: T) =>
    group === '' ? one.groups.length === 0 : one.groups.includes(group);
  const placed = groups.flatMap((group, pass) =>
    sorted.filter(isIn(group)).map((container) => ({ container, pass })),
  );
  const seen = new Set<T>();
  return placed.filter(({ container }) => !seen.has(container) && seen.add(container));
}

/** Names of those that need a container, also by way of others. */
export function needing(one: Candidate, containers: readonly Candidate[]): ReadonlySet<string> {
  const found = new Set<string>();
  const follow = (name: string): void => {
    for (const other of containers) {
      if (found.has(other.name) || !other.start.after.some(({ value }) => value === name)) continue;
      found.add(other.name);
      follow(other.name);
    }
  };
  follow(one.name);
  return found;
}

/**
 * Those concerned, each once, in the order in which they are started or (the last first) stopped. What a container needs
 * is started before it, whatever its own order and whether it is selected or not; what needs it is stopped before it.
 */
export function autostartOrder<T extends Candidate>(
  containers: readonly T[],
  selection: AutostartSelection,
): Placed<T>[] {
  const chosen = selected(containers, selection);
  const byName = new Map(containers.map((one) => [one.name, one]));
  const stops = isEnd(selection.action);
  const before = (one: T): T[] =>
    stops
      ? containers.filter(({ start }) => start.after.some(({ value }) => value === one.name))
      : one.start.after.flatMap(({ value }) => byName.get(value) ?? []);
  const wanted = new Set(chosen.map(({ container }) => container));
  const order: Placed<T>[] = [];
  const seen = new Set<T>();
  const place = (container: T, pass: number): void => {
    if (seen.has(container)) return;
    seen.add(container);
    for (const other of before(container)) place(other, pass);
    if (wanted.has(container) || selection.action === 'start') order.push({ container, pass });
  };
  for (const { container, pass } of chosen) place(container, pass);
  return order;
}

/**
 * The order, parted into phases: containers of one phase may be started together, as far as tlxc.start.after lets them,
 * and each phase waits for all of the one before. Another pass or another lxc.start.order begins one, and so does
 * what follows an lxc.start.delay.
 */
export function phasesOf<T extends Candidate>(order: readonly Placed<T>[], action: AutostartAction): T[][] {
  const phases: T[][] = [];
  order.forEach(({ container, pass }, index) => {
    const last = order[index - 1];
    const joins =
      last?.pass === pass &&
      last.container.start.order === container.start.order &&
      (isEnd(action) || last.container.start.delay === 0);
    if (joins) phases.at(-1)?.push(container);
    else phases.push([container]);
  });
  return phases;
}

/** Names that lead from one container back to itself by tlxc.start.after, the name at both ends; undefined: none do. */
function circleOf(name: string, containers: ReadonlyMap<string, Candidate>): readonly string[] | undefined {
  const seen = new Set<string>();
  const search = (path: readonly string[]): readonly string[] | undefined => {
    for (const { value } of containers.get(path.at(-1) ?? '')?.start.after ?? []) {
      if (value === name) return [...path, value];
      if (seen.has(value)) continue;
      seen.add(value);
      const found = search([...path, value]);
      if (found) return found;
    }
    return undefined;
  };
  return search([name]);
}

/** What is wrong with the tlxc.start.after of a container: names that nobody has, and circles. `names`: all that are defined. */
export function afterProblems(
  { name, start }: Candidate,
  containers: ReadonlyMap<string, Candidate>,
  names: readonly string[],
): Problem[] {
  const subject = (value: string) => ({ key: 'tlxc.start.after', value });
  const unknown = start.after.filter(({ value }) => !names.includes(value));
  const problems = unknown.map(({ value, at }: Sourced<string>) => {
    const meant = nearest(value, names);
    const fault = { word: value, ...(meant !== undefined && { nearest: meant }) };
    return new Problem({ message: 'there is no such container', at, subject: subject(value), fault });
  });
  const circle = circleOf(name, containers);
  const first = start.after.find(({ value }) => value === circle?.[1]);
  if (!circle || !first) return problems;
  const message =
    circle.length === 2
      ? 'no container can wait for itself'
      : `they wait for each other: ${circle.join(' after ')}`;
  const { value, at } = first;
  return [...problems, new Problem({ message, at, subject: subject(value), fault: { word: value } })];
}
