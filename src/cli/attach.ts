/** tlxc-attach */
import { resolve } from 'node:path';
import { attachToContainer, becomeProxy, type AttachStreams } from '../container/attach/attach.ts';
import { whyNotEntered } from '../container/attach/not-entered.ts';
import { rcfileSettings, withLabel } from '../container/attach/settings.ts';
import { containerPaths } from '../container/paths.ts';
import { TlxcError } from '../errors.ts';
import { openForAppending } from '../host/own-file.ts';
import { native } from '../native/binding.ts';
import { FULL_ELEVATION, type AttachOptions } from '../plan/attach.ts';
import { namedDirectory } from '../working-directory.ts';
import {
  parseArchitecture,
  parseElevation,
  parseEnvironment,
  parseId,
  parseNamespaces,
} from './attach-options.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { argumentOf } from './options.ts';
import { rcfileOf } from './rcfile.ts';

function optionsOf({ options, rest }: Invocation, { cwd, env }: CommandContext): AttachOptions {
  const namespaces = parseNamespaces(options['namespaces']);
  const elevation = parseElevation(options['elevatedPrivileges']);
  return {
    argv: rest,
    uid: parseId('-u', options['uid']),
    gid: parseId('-g', options['gid']),
    environment: parseEnvironment(options, env),
    cwd: argumentOf(options['cwd']) ?? namedDirectory(cwd),
    cwdAsked: argumentOf(options['cwd']) !== undefined,
    // As LXC: -s implies -e.
    elevation: namespaces === undefined ? elevation : FULL_ELEVATION,
    namespaces,
    remount: options['remountSysProc'] === true,
    personality: parseArchitecture(options['arch']),
  };
}

/** Each standard stream that is a terminal becomes the container's pty; pipes and files stay what they are. */
function streamsOf(): AttachStreams {
  const sizes = [0, 1, 2].map((fd) => native().windowSize(fd));
  const terminal = sizes.find((size) => size !== null);
  const stdio = sizes.map((size, fd) => (size === null ? fd : -1)) as [number, number, number];
  return { stdio, rows: terminal?.rows ?? 0, columns: terminal?.columns ?? 0 };
}

/** -L: opened before anything runs, so that a bad path starts nothing. */
function openLog(path: string | undefined, cwd: string): number {
  if (path === undefined) return -1;
  try {
    return openForAppending(resolve(cwd, path));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new TlxcError({
      code: 'TLXC_E_SYSCALL',
      message: `cannot write the log ${path}`,
      errno: code,
      path,
    });
  }
}

async function attach(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, options } = invocation;
  const paths = containerPaths(system, lxcpath, name);
  let wanted = optionsOf(invocation, context);
  const label = argumentOf(options['context']);
  if (label !== undefined) wanted = await withLabel(wanted, label);
  const rcfile = rcfileOf(invocation, context);
  if (rcfile !== undefined) wanted = await rcfileSettings(paths, rcfile, wanted);
  const log = openLog(argumentOf(options['ptyLog']), context.cwd);
  // A signal that comes before tlxc-pty is there to pass it on is for the command all the same.
  native().holdSignals();
  const target = { paths, program: context.program, caller: context.env };
  try {
    return becomeProxy(name, attachToContainer(target, wanted, streamsOf()), log);
  } catch (error) {
    throw await whyNotEntered(error);
  }
}

export default defineCommand(
  {
    program: 'tlxc-attach',
    summary: 'runs COMMAND, or a login shell, in the running container NAME',
    usage: '--name=NAME [-- COMMAND]',
    name: 'required',
    offers: 'running',
    rest: 'words',
    options: [
      {
        flags: '-e, --elevated-privileges [PRIV]',
        description:
          "Keep the caller's privileges instead of the container's: all, or\nthose of CAP|CGROUP|LSM (glued: -eCAP). What stays running\nkeeps them too",
      },
      { flags: '-a, --arch <ARCH>', description: "The architecture to show; the container's" },
      {
        flags: '-s, --namespaces <FLAGS>',
        description:
          'Enter only these of the container: MOUNT|PID|UTSNAME|IPC|USER|\nNETWORK|CGROUP|TIME; implies -e with all privileges',
      },
      {
        flags: '-R, --remount-sys-proc',
        description: 'With -s and without MOUNT: fresh /proc and /sys for the command',
      },
      { flags: '--clear-env', description: "Nothing of the caller's environment" },
      { flags: '--keep-env', description: "All of the caller's environment; else only terminal and locale" },
      { flags: '-L, --pty-log <FILE>', description: "Append the terminal's output to FILE" },
      { flags: '-v, --set-var <VAR=VALUE>', description: 'Set a variable for the command', repeat: true },
      { flags: '--keep-var <VAR>', description: "Keep this variable of the caller's", repeat: true },
      { flags: '-f, --rcfile <FILE>', description: 'Take lxc.environment and lxc.arch from FILE' },
      { flags: '-u, --uid <UID>', description: 'Run as this user id of the container; 0' },
      { flags: '-g, --gid <GID>', description: 'Run as this group id of the container; 0' },
      { flags: '--cwd <DIRECTORY>', description: 'Start in this directory of the container' },
      {
        flags: '-c, --context <CONTEXT>',
        description: "Run under this AppArmor profile or SELinux context; the\ncontainer's",
      },
    ],
  },
  attach,
);
