/**
 * Control groups and those below them, by descriptors: one step down or up at a time. A container that has its groups to
 * write may nest them beyond any path, and make others while this goes on.
 */
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { native } from '../../native/binding.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

const at = (fd: number, name: string): string => `/proc/self/fd/${fd}/${name}`;
const open = (path: string): number => openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

/** Of a group that went away meanwhile: undefined. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

const namesBelow = (fd: number): string[] =>
  readdirSync(at(fd, ''), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

interface Visit {
  /** Before those below it. fd: the group. */
  readonly enter?: (fd: number) => void;
  /** After those below it. above: the group that `name` is in; never called for the first group. */
  readonly leave?: (above: number, name: string) => void;
}

function walk(group: string, { enter, leave }: Visit): void {
  let here = attempt(() => open(group)) ?? -1;
  if (here < 0) return;
  const look = (name: string) => {
    attempt(() => enter?.(here));
    return { name, below: attempt(() => namesBelow(here)) ?? [] };
  };
  try {
    const trail = [look('')];
    for (let last = trail[0]; last; last = trail.at(-1)) {
      const child = last.below.pop();
      if (child === undefined && trail.length === 1) return;
      const next = attempt(() => open(at(here, child ?? '..')));
      if (next === undefined && child !== undefined) continue;
      if (next === undefined) return;
      closeSync(here);
      here = next;
      if (child !== undefined) {
        trail.push(look(child));
        continue;
      }
      const { name } = last;
      trail.pop();
      attempt(() => leave?.(here, name));
    }
  } finally {
    closeSync(here);
  }
}

/** Of a group of version 1, where each of those below may be frozen by itself. */
const thawTree = (group: string): void =>
  walk(group, { enter: (fd) => writeFileSync(at(fd, 'freezer.state'), 'THAWED') });

/** A process in a frozen group dies only when it is thawed: of version 1 also where the container froze one below its own. */
export function thawGroup(group: string, version: number): void {
  if (version === 2) attempt(() => writeFileSync(join(group, 'cgroup.freeze'), '0'));
  else if (existsSync(join(group, 'freezer.state'))) thawTree(group);
}

/** Field 22 of its line, whose second, the name, may hold blanks and parentheses. */
const startTimeOf = (pid: string): string =>
  attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/s, '').split(' ')[20]) ?? '';

/** A number may be another process's by the time that it is signalled: of one that is listed still the start time is its own. */
function killMembers(fd: number): void {
  const listed = () => readFileSync(at(fd, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
  const members = listed().map((pid) => ({ pid, startTime: startTimeOf(pid) }));
  const still = new Set(listed());
  for (const { pid, startTime } of members)
    if (startTime !== '' && still.has(pid))
      native().signalProcess({ pid: Number(pid), startTime, signal: 9 });
}

/** Kills what is in a group and in those below it. */
export function killGroup(group: string, version: number): void {
  const killed = (): true => {
    writeFileSync(join(group, 'cgroup.kill'), '1');
    return true;
  };
  if (version !== 2 || !attempt(killed)) walk(group, { enter: killMembers });
}

/** Removes a group and those below it. False: processes are still in it. */
export function removeGroup(group: string): boolean {
  try {
    walk(group, { leave: (above, name) => rmdirSync(at(above, name)) });
    rmdirSync(group);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
  return true;
}
