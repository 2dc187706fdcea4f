/** tlxc-monitor */
import { watchStore, type StoreEvent } from '../container/watch-store.ts';
import { defineCommand, type Invocation } from './command.ts';
import { namesOf } from './offered-containers.ts';
import { noPattern } from './pattern.ts';
import type { CommandContext } from './context.ts';
import { jsonLine, printable } from './printable.ts';

const SIGINT = 2;

interface End {
  /** Init's exit code, null where a signal killed it. */
  readonly exitCode: number | null;
  readonly signal: number | null;
}

/** A wait status in its parts. */
const endOf = (status: number): End =>
  (status & 0x7f) === 0 ? { exitCode: status >> 8, signal: null } : { exitCode: null, signal: status & 0x7f };

/** As tlxc-start -F exits: the kernel ends the init of a container that halts with SIGINT. */
const exitStatus = ({ exitCode, signal }: End): number =>
  exitCode ?? (signal === SIGINT ? 0 : 128 + (signal ?? 0));

function textLines({ name, state, exitStatus: status, health }: StoreEvent): string {
  if (health !== undefined) return `'${name}' changed health to [${health}]\n`;
  const ended =
    status !== undefined && state === 'STOPPING'
      ? `'${name}' exited with status [${exitStatus(endOf(status))}]\n`
      : '';
  return `${ended}'${name}' changed state to [${state}]\n`;
}

function eventJson(lxcpath: string, { name, state, exitStatus: status, reboot, health }: StoreEvent): string {
  const fact = {
    ...{ time: new Date().toISOString(), lxcpath, name, state },
    ...(status !== undefined && endOf(status)),
    ...(reboot && { reboot }),
    ...(health && { health }),
  };
  return jsonLine(fact);
}

/** A whole name must match; all do without one. */
function patternOf(name: string): RegExp {
  try {
    return new RegExp(`^(?:${name || '.*'})$`);
  } catch (cause) {
    throw noPattern(
      name,
      cause,
      'u1, u.* or u1|u2, for instance; a character that means itself has a \\ before it',
    );
  }
}

function isOfOne(pattern: RegExp, { name, lxcpaths, system }: Invocation): boolean {
  if (name === '') return true;
  const names = lxcpaths.flatMap((lxcpath) => [
    ...namesOf('all', { system, lxcpath }),
    ...namesOf('running', { system, lxcpath }),
  ]);
  return names.some((each) => pattern.test(each));
}

/** Without end: a signal ends it, or a reader that goes away. */
async function monitor(invocation: Invocation, { stdout, stderr }: CommandContext): Promise<number> {
  const { name, lxcpaths, system, quiet, options } = invocation;
  if (options['quit'] === true) {
    const words = 'there is no daemon to quit: each container has its own monitor, which ends with it';
    if (!quiet) stderr.write(`tlxc-monitor: ${words}\n`);
    return 0;
  }
  const pattern = patternOf(name);
  // A person may have mistyped it, and would wait for nothing; one that is yet to be made may be waited for.
  if (stderr.isTTY === true && !quiet && !isOfOne(pattern, invocation))
    stderr.write(
      `tlxc-monitor: there is no container '${printable(name)}' yet: it is told of once there is\n`,
    );
  for (const lxcpath of new Set(lxcpaths))
    await watchStore(system, lxcpath, (event) => {
      if (!pattern.test(event.name)) return;
      stdout.write(options['json'] === true ? eventJson(lxcpath, event) : textLines(event));
    });
  return new Promise(() => undefined);
}

export default defineCommand(
  {
    program: 'tlxc-monitor',
    summary: 'tells of the state changes of containers, until it is interrupted',
    usage: '[--name=REGEX] [--lxcpath=PATH]... [--json]\n--quit',
    name: 'optional',
    rest: 'none',
    manyPaths: true,
    options: [
      { flags: '--json', description: 'One JSON object a line' },
      { flags: '-Q, --quit', description: 'For LXC compatibility: there is no daemon to quit' },
    ],
  },
  monitor,
);
