/** --rcfile: a file in place of the container's configuration. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { takeStream } from '../config/read-file.ts';
import type { Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import type { OptionSpec } from './options.ts';
import type { OptionValue } from './options.ts';

/** The option, where the command takes something from FILE; `taken` completes the description. */
export const rcfileOption = (taken: string): OptionSpec => ({
  flags: '--rcfile <FILE>',
  description: `Take ${taken} from FILE instead of the container's configuration`,
});

/** The option of commands that ask nothing of a configuration: as LXC's, they fail where FILE is not a good one. */
export const CHECKED_RCFILE: OptionSpec = {
  flags: '--rcfile <FILE>',
  description: 'Do nothing unless FILE is a correct configuration; a container that\nruns keeps its own',
};

/** What cannot be looked at is told of by who reads it. */
function isStream(path: string): boolean {
  try {
    const stats = statSync(path);
    return stats.isFIFO() || stats.isCharacterDevice();
  } catch {
    return false;
  }
}

/** The absolute path of a configuration that the command line names, which may be a pipe or /dev/null; undefined where none was given. */
export function namedConfig(given: OptionValue, cwd: string): string | undefined {
  if (typeof given !== 'string') return undefined;
  const path = resolve(cwd, given);
  if (isStream(path)) takeStream(path);
  return path;
}

/** As namedConfig, of --rcfile. */
export const rcfileOf = ({ options }: Invocation, { cwd }: CommandContext): string | undefined =>
  namedConfig(options['rcfile'], cwd);

/** Throws TLXC_E_CONFIG where FILE is given and has mistakes, or cannot be read. */
export async function checkRcfile(invocation: Invocation, context: CommandContext): Promise<void> {
  const configFile = rcfileOf(invocation, context);
  if (configFile === undefined) return;
  // Only --rcfile needs the configuration's reader.
  const { loadContainerConfig } = await import('../config/load.ts');
  const { name, lxcpath } = invocation;
  loadContainerConfig({ name, lxcpath, configFile, environment: context.env });
}
