/** tlxc-device */
import { resolve } from 'node:path';
import { loadContainerConfig } from '../config/load.ts';
import type { DeviceRequest } from '../container/device.ts';
import { addInterface, removeInterface } from '../container/device-interface.ts';
import { addNode, hostNode, removeNode } from '../container/device-node.ts';
import { addProxy, removeProxy } from '../container/proxy-device.ts';
import {
  changeSaved,
  forgetInterface,
  forgetNode,
  saveInterface,
  saveNode,
  shortfall,
  type Edit,
} from '../container/saved-devices.ts';
import { TlxcError } from '../errors.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { printable } from './printable.ts';

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

/** What is done to the running container, and what to its configuration. */
interface Change {
  readonly live: () => void | Promise<void>;
  readonly edit: Edit;
  /** Of what is saved. */
  readonly warning?: () => string;
}

function interfaceChange(request: DeviceRequest, adds: boolean): Change {
  return adds
    ? { live: () => addInterface(request), edit: saveInterface(request) }
    : { live: () => removeInterface(request), edit: forgetInterface(request) };
}

function nodeChange(request: DeviceRequest, adds: boolean): Change {
  if (!adds) return { live: () => removeNode(request), edit: forgetNode(request) };
  let unprivileged = false;
  const edit: Edit = (document, config) => {
    unprivileged = config.idmap.length > 0;
    saveNode(request)(document, config);
  };
  const warning = () => shortfall(request, hostNode(request).mode, unprivileged);
  return { live: () => addNode(request), edit, warning };
}

/** What of the words after add or del is to be changed, a proxy excepted. */
function changeOf(invocation: Invocation, adds: boolean, cwd: string): Change {
  const { name, lxcpath, system, rest } = invocation;
  const [, dev = '', target, unexpected] = rest;
  if (unexpected !== undefined) throw usage(`one argument too many: '${unexpected}'`);
  const isNode = dev.includes('/');
  const request: DeviceRequest = {
    ...{ name, lxcpath, system },
    device: isNode ? resolve(cwd, dev) : dev,
    ...(target !== undefined && { target }),
  };
  return isNode ? nodeChange(request, adds) : interfaceChange(request, adds);
}

interface Saving {
  readonly environment: CommandContext['env'];
  readonly file: string | undefined;
}

async function carryOut(
  invocation: Invocation,
  { live, edit, warning }: Change,
  { saving, stderr }: { readonly saving: Saving | undefined; readonly stderr: CommandContext['stderr'] },
): Promise<void> {
  if (!saving) return live();
  await changeSaved(invocation, { live, edit, ...saving });
  const words = warning?.() ?? '';
  if (words === '' || invocation.quiet) return;
  stderr.write(`tlxc-device: ${invocation.name}: warning: ${printable(words)}\n`);
}

async function device(invocation: Invocation, { cwd, env, stderr }: CommandContext): Promise<number> {
  const { name, lxcpath, system, rest, options } = invocation;
  const file = typeof options['rcfile'] === 'string' ? resolve(cwd, options['rcfile']) : undefined;
  const saving = options['saved'] === true ? { environment: env, file } : undefined;
  const [word, dev, target] = rest;
  if (word === undefined) throw usage('what to do is missing: add or del');
  const action = actionOf(word);
  // As LXC, which then makes no use of it.
  if (file !== undefined) loadContainerConfig({ name, lxcpath, configFile: file, environment: env });
  if (dev === undefined)
    throw usage(`what to ${action} is missing: an interface, the path of a device node, or proxy`);
  if (dev === 'proxy' && target !== undefined) {
    if (saving?.file !== undefined) throw usage('--rcfile is not for a proxy that is saved');
    const change = action === 'add' ? addProxy : removeProxy;
    await change({ name, lxcpath, system, line: rest.slice(2).join(' '), saved: saving });
    return 0;
  }
  await carryOut(invocation, changeOf(invocation, action === 'add', cwd), { saving, stderr });
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-device',
    summary: 'gives a device of the host to the running container NAME, or takes it back',
    usage: "--name=NAME add|del DEV [DST] | proxy 'tcp 8080 -> 80'",
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
