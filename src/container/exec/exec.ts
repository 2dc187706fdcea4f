/** Runs a command in a running container for a program, where tlxc-attach is for people. */
import { native } from '../../native/binding.ts';
import { FULL_ELEVATION, NO_ELEVATION, type AttachOptions } from '../../plan/attach.ts';
import { attachToContainer, type AttachTarget } from '../attach/attach.ts';
import { checkArguments } from './check-arguments.ts';
import { containerUser } from './container-user.ts';
import type { ExecOptions } from './options.ts';
import { RunningCommand, type Process } from './running-command.ts';
import { openStreams } from './streams.ts';

const NOT_GIVEN = { user: undefined, uid: undefined, gid: undefined };

function attachOptions(target: AttachTarget, argv: readonly string[], options: ExecOptions): AttachOptions {
  const { cwd = '/', env = {}, elevated = false, namespaces, personality } = options;
  const { user, uid, gid } = { ...NOT_GIVEN, ...options };
  const account = user === undefined ? { uid: 0, gid: 0, groups: [] } : containerUser(target.paths, user);
  const asked = typeof elevated === 'boolean' ? (elevated ? FULL_ELEVATION : NO_ELEVATION) : elevated;
  return {
    ...{
      argv,
      cwd,
      cwdAsked: options.cwd !== undefined,
      namespaces,
      personality,
      remount: false,
      groups: account.groups,
    },
    ...{ uid: uid ?? account.uid, gid: gid ?? account.gid },
    // As LXC: -s implies -e.
    elevation: namespaces === undefined ? { ...NO_ELEVATION, ...asked } : FULL_ELEVATION,
    environment: {
      ...{ base: 'clean', keep: [], caller: {} },
      set: Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
    },
  };
}

/** Enters the container; this process's copies of the command's own ends are closed whether that works or not. */
function enter(target: AttachTarget, argv: readonly string[], options: ExecOptions): Process {
  const wanted = attachOptions(target, argv, options);
  const streams = openStreams(options);
  try {
    const attached = attachToContainer(target, wanted, streams.attach);
    native().closeFd(attached.pidfd);
    return { pid: attached.pid, streams: streams.open(attached.ptyMaster) };
  } catch (error) {
    streams.discard();
    throw error;
  } finally {
    streams.closeInner();
  }
}

/** Never throws: why a command could not be started is told by its promise. */
export function execInContainer(
  { paths, caller }: Pick<AttachTarget, 'paths' | 'caller'>,
  argv: readonly [string, ...string[]],
  options: ExecOptions = {},
): RunningCommand {
  const start = () => {
    checkArguments(argv, options);
    return enter({ paths, program: 'tlxc', caller }, argv, options);
  };
  return new RunningCommand({ container: paths.name, argv, options, start });
}
