/** tlxc-device */
import { addInterface, removeInterface, type DeviceRequest } from '../container/device.ts';
import { TlxcError } from '../errors.ts';
import { defineCommand, type Invocation } from './command.ts';

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

function device({ name, lxcpath, system, rest }: Invocation): number {
  const [word, dev, target, unexpected] = rest;
  if (word === undefined) throw usage('what to do is missing: add or del');
  const action = actionOf(word);
  if (dev === undefined) throw usage(`what to ${action} is missing: an interface`);
  if (unexpected !== undefined) throw usage(`one argument too many: '${unexpected}'`);
  const request: DeviceRequest = {
    name,
    lxcpath,
    system,
    device: dev,
    ...(target !== undefined && { target }),
  };
  if (action === 'add') addInterface(request);
  else removeInterface(request);
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-device',
    summary: 'gives a device of the host to the running container NAME, or takes it back',
    usage: '--name=NAME add|del DEV [DST]',
    name: 'required',
    rest: 'words',
    options: [],
  },
  device,
);
