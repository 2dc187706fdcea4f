/** lxc.pty.max, lxc.tty.*, lxc.console.*: devpts, the console and the ttys a login can run on. */
import { isMapped } from './idmap.ts';
import type { Compilation } from './input.ts';
import { NO_ORIGIN, originOf } from './input.ts';
import type { Terminals } from './types.ts';

/** The group tty of every distribution that LXC has templates for. */
const TTY_GID = 5;

export function compileTerminals({ config, options }: Compilation): Terminals {
  const path = options.consolePath ?? config.console.path?.value;
  const logAt = options.consoleLog === undefined ? config.console.logFile?.at : undefined;
  return {
    devpts: true,
    // Below 2 LXC takes the console from the host's devpts; ours is always the container's, so there is no limit then.
    devptsMax: config.ptyMax > 1 ? config.ptyMax + config.ttyMax : 0,
    devptsGid: isMapped(config.idmap, 'gid', TTY_GID) ? TTY_GID : -1,
    console: path === undefined ? 'pty' : path === 'none' ? 'none' : 'path',
    consolePath: path === undefined || path === 'none' ? '' : path,
    consoleLog: options.consoleLog ?? config.console.logFile?.value ?? '',
    consoleLogSize: config.console.logSize,
    consoleLogRotate: config.console.rotate,
    consoleBuffer: config.console.bufferSize,
    ttys: config.ttyMax,
    ttyDir: config.ttyDir,
    origin: options.consolePath === undefined ? originOf(config.console.path?.at ?? logAt) : NO_ORIGIN,
  };
}
