/** lxc.pty.max, lxc.tty.*, lxc.console.*: devpts, the console and the ttys a login can run on. */
import { isMapped } from './idmap.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import type { Terminals } from './types.ts';

/** The group tty of every distribution that LXC has templates for. */
export const TTY_GID = 5;

export function compileTerminals(compilation: Compilation): Terminals {
  const { config } = compilation;
  return {
    devpts: true,
    // Below 2 LXC takes the console from the host's devpts; ours is always the container's, so there is no limit then.
    devptsMax: config.ptyMax > 1 ? config.ptyMax + config.ttyMax : 0,
    devptsGid: isMapped(config.idmap, 'gid', TTY_GID) ? TTY_GID : -1,
    ...compileConsole(compilation),
    consoleLogSize: config.console.logSize,
    consoleLogRotate: config.console.rotate,
    consoleBuffer: config.console.bufferSize,
    ttys: config.ttyMax,
    ttyDir: config.ttyDir,
  };
}

/** What the command line says of the console stands over the configuration. */
function compileConsole({
  config: { console },
  options,
}: Compilation): Pick<Terminals, 'console' | 'consolePath' | 'consoleLog' | 'origin'> {
  const path = options.consolePath ?? console.path?.value;
  const kind = path === undefined ? 'pty' : path === 'none' ? 'none' : 'path';
  const writtenAt = options.consolePath === undefined ? (console.path ?? console.logFile)?.at : undefined;
  return {
    console: kind,
    consolePath: kind === 'path' ? (path ?? '') : '',
    consoleLog: options.consoleLog ?? console.logFile?.value ?? '',
    origin: originOf(writtenAt),
  };
}
