/** What is asked of a running container, and it is not one. */
import { existsSync } from 'node:fs';
import { TlxcError } from '../errors.ts';
import { notDefined } from './not-defined.ts';
import type { ContainerPaths } from './paths.ts';

/**
 * TLXC_E_NOT_RUNNING; TLXC_E_NOT_FOUND where there is no such container. `hint`: what can be done with one that is stopped,
 * where that is not to start it.
 */
export function notRunning(paths: ContainerPaths, hint?: string): TlxcError {
  if (!existsSync(paths.config)) return notDefined(paths);
  const { name } = paths;
  return new TlxcError({
    code: 'TLXC_E_NOT_RUNNING',
    message: `${name} is not running`,
    container: name,
    hint: hint ?? `tlxc-start -n ${name} starts it`,
  });
}

/** TLXC_E_BUSY: its init has ended, or is about to, and its monitor is there still. */
export const betweenBoots = ({ name }: ContainerPaths): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_BUSY',
    message: `${name} is stopping, or on its way to a reboot`,
    container: name,
    hint: `tlxc-wait -n ${name} -s RUNNING -t 30 waits until it runs again: try again then`,
  });

/** Whether an error says that the container does not run, be it that it is gone altogether, as one that was made for one run. */
export const isStopped = (error: unknown): boolean =>
  error instanceof TlxcError && (error.code === 'TLXC_E_NOT_RUNNING' || error.code === 'TLXC_E_NOT_FOUND');
