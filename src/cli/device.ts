/** tlxc-device */
import { resolve } from 'node:path';
import { loadContainerConfig } from '../config/load.ts';
import { deviceClasses } from '../device-classes.ts';
import type { DeviceRequest } from '../container/device/device.ts';
import { changeDevice } from '../container/device/change.ts';
import { addProxy, removeProxy } from '../container/device/proxy.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { tooMany, usageError } from './usage.ts';

const ACTIONS = ['add', 'del'] as const;
type Action = (typeof ACTIONS)[number];

/** As LXC: any beginning of the word. */
function actionOf(word: string): Action {
  const action = ACTIONS.find((each) => word !== '' && each.startsWith(word));
  if (action) return action;
  throw usageError(`'${word}' is neither add nor del`);
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

async function device(invocation: Invocation, { cwd, env }: CommandContext): Promise<number> {
  const { name, lxcpath, system, rest, options } = invocation;
  const file = typeof options['rcfile'] === 'string' ? resolve(cwd, options['rcfile']) : undefined;
  const saving = options['saved'] === true ? { environment: env, file } : undefined;
  const [word, dev, target] = rest;
  if (word === undefined) throw usageError('what to do is missing: add or del');
  const action = actionOf(word);
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
    summary: 'gives a device of the host to the running container NAME, or takes it back',
    usage: "--name=NAME add|del DEV [DST] | gpu|kvm|fuse|tun|snd|video | proxy 'tcp 8080 -> 80'",
    name: 'required',
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
    ],
  },
  device,
);
