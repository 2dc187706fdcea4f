/** tlxc-device */
import type { DeviceRequest } from '../container/device.ts';
import { addInterface, removeInterface } from '../container/device-interface.ts';
import { addNode, removeNode } from '../container/device-node.ts';
import { addProxy, removeProxy } from '../container/proxy-device.ts';
import { TlxcError } from '../errors.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';

const ACTIONS = ['add', 'del'] as const;
type Action = (typeof ACTIONS)[number];

const usage = (message: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_USAGE', message, hint: 'tlxc-device --help shows what it takes' });

/** As LXC: any beginning of the word. */
function actionOf(word: string): Action {
  const action = ACTIONS.find((each) => word !== '' && each.startsWith(word));
  if (action) return action;
  throw usage(`'${word}' is neither add nor del`);
}

const CHANGES = {
  add: { node: addNode, interface: addInterface, proxy: addProxy },
  del: { node: removeNode, interface: removeInterface, proxy: removeProxy },
} as const;

async function device(
  { name, lxcpath, system, rest, options }: Invocation,
  { env }: CommandContext,
): Promise<number> {
  const [word, dev, target, unexpected] = rest;
  if (word === undefined) throw usage('what to do is missing: add or del');
  const action = actionOf(word);
  if (dev === undefined)
    throw usage(`what to ${action} is missing: an interface, the path of a device node, or proxy`);
  if (dev === 'proxy' && target !== undefined) {
    const saved = options['saved'] === true ? { environment: env } : undefined;
    CHANGES[action].proxy({ name, lxcpath, system, line: rest.slice(2).join(' '), saved });
    return 0;
  }
  if (options['saved'] === true)
    throw usage('--saved is for a proxy: other devices of the next start are written by hand');
  if (unexpected !== undefined) throw usage(`one argument too many: '${unexpected}'`);
  const request: DeviceRequest = {
    name,
    lxcpath,
    system,
    device: dev,
    ...(target !== undefined && { target }),
  };
  await CHANGES[action][dev.includes('/') ? 'node' : 'interface'](request);
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-device',
    summary: 'gives a device of the host to the running container NAME, or takes it back',
    usage: "--name=NAME add|del DEV [DST] | proxy 'tcp 8080 -> 80'",
    name: 'required',
    rest: 'words',
    options: [{ flags: '--saved', description: 'Of a proxy: change the configuration of NAME alike' }],
  },
  device,
);
