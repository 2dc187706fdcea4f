/** tlxc-device */
import { resolve } from 'node:path';
import { loadContainerConfig } from '../config/load.ts';
import { suggestion } from '../config/nearest.ts';
import { deviceClasses } from '../device-classes.ts';
import { listDevices, type ListedDevice } from '../container/device/list.ts';
import type { DeviceRequest } from '../container/device/device.ts';
import { changeDevice } from '../container/device/change.ts';
import { addProxy, removeProxy } from '../container/device/proxy.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { columns, jsonText, printable } from './printable.ts';
import { tooMany, usageError } from './usage.ts';

const ACTIONS = ['add', 'del', 'list'] as const;
type Action = (typeof ACTIONS)[number];

/** As LXC: any beginning of the word. */
function actionOf(word: string): Action {
  const action = ACTIONS.find((each) => word !== '' && each.startsWith(word));
  if (action) return action;
  throw usageError(`'${word}' is none of add, del and list${suggestion(word, ACTIONS)}`);
}

/** What of the words after add or del is to be changed, a proxy excepted. */
function requestOf({ name, lxcpath, system, rest }: Invocation, cwd: string): DeviceRequest {
  const [, dev = '', target, unexpected] = rest;
  if (unexpected !== undefined) throw tooMany(unexpected);
  return {
    ...{ name, lxcpath, system },
    device: dev.includes('/') ? resolve(cwd, dev) : dev,
    ...(target !== undefined && { target }),
  };
}

const HEADINGS = ['KIND', 'HOST', 'INSIDE', 'NOW', 'SAVED'];

/** "at start": nobody looks into the container whether it is there still. */
const nowWord = (now: boolean | null): string => (now === null ? 'at start' : now ? 'yes' : 'no');

function table(devices: readonly ListedDevice[]): string {
  const cells = devices.map(({ kind, host, inside, now, saved }) => [
    ...[kind, printable(host) || '-', printable(inside) || '-'],
    ...[nowWord(now), saved ? 'yes' : 'no'],
  ]);
  const rows = [HEADINGS, ...cells];
  const widths = HEADINGS.map((_, at) => Math.max(...rows.map((row) => columns(row[at] ?? ''))));
  const padded = (cell: string, at: number): string => cell + ' '.repeat((widths[at] ?? 0) - columns(cell));
  return rows.map((row) => `${row.map(padded).join('  ').trimEnd()}\n`).join('');
}

function list({ name, lxcpath, system, rest, options }: Invocation, { stdout, env }: CommandContext): number {
  const [, unexpected] = rest;
  if (unexpected !== undefined) throw tooMany(unexpected);
  if (options['saved'] === true || options['rcfile'] !== undefined)
    throw usageError('list shows what is there and what is saved: it takes neither --saved nor --rcfile');
  const devices = listDevices({ name, lxcpath, system, environment: env });
  stdout.write(options['json'] === true ? jsonText(devices) : table(devices));
  return 0;
}

async function device(invocation: Invocation, context: CommandContext): Promise<number> {
  const { cwd, env } = context;
  const { name, lxcpath, system, rest, options } = invocation;
  const file = typeof options['rcfile'] === 'string' ? resolve(cwd, options['rcfile']) : undefined;
  const saving = options['saved'] === true ? { environment: env, file } : undefined;
  const [word, dev, target] = rest;
  if (word === undefined) throw usageError('what to do is missing: add, del or list');
  const action = actionOf(word);
  if (action === 'list') return list(invocation, context);
  if (options['json'] === true) throw usageError('--json is for list');
  // As LXC, which then makes no use of it.
  if (file !== undefined) loadContainerConfig({ name, lxcpath, configFile: file, environment: env });
  if (dev === undefined)
    throw usageError(
      `what to ${action} is missing: an interface, the path of a device node, ${deviceClasses.join(', ')}, or proxy`,
    );
  if (dev === 'proxy' && target !== undefined) {
    if (saving?.file !== undefined) throw usageError('--rcfile is not for a proxy that is saved');
    const change = action === 'add' ? addProxy : removeProxy;
    await change({ name, lxcpath, system, line: rest.slice(2).join(' '), saved: saving });
    return 0;
  }
  await changeDevice({ ...requestOf(invocation, cwd), adds: action === 'add', saving });
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-device',
    summary: 'gives a device of the host to the running container NAME, takes it back, lists them',
    usage:
      "--name=NAME add|del DEV [DST] | gpu|kvm|fuse|tun|snd|video | proxy 'tcp 8080 -> 80'\n--name=NAME list [--json]",
    name: 'required',
    offers: 'running',
    rest: 'words',
    options: [
      {
        flags: '--rcfile <FILE>',
        description: "Read FILE; with --saved: change it instead of NAME's configuration",
      },
      {
        flags: '--saved',
        description: 'Change the configuration of NAME alike, for its next start',
      },
      { flags: '--json', description: 'Of list: print JSON' },
    ],
  },
  device,
);
