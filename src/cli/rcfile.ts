/** --rcfile: a file in place of the container's configuration. */
import { resolve } from 'node:path';
import type { Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import type { OptionSpec } from './options.ts';

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

/** The absolute path of FILE; undefined where none was given. */
export const rcfileOf = ({ options }: Invocation, { cwd }: CommandContext): string | undefined =>
  typeof options['rcfile'] === 'string' ? resolve(cwd, options['rcfile']) : undefined;

/** Throws TLXC_E_CONFIG where FILE is given and has mistakes, or cannot be read. */
export async function checkRcfile(invocation: Invocation, context: CommandContext): Promise<void> {
  const configFile = rcfileOf(invocation, context);
  if (configFile === undefined) return;
  // Only --rcfile needs the configuration's reader.
  const { loadContainerConfig } = await import('../config/load.ts');
  const { name, lxcpath } = invocation;
  loadContainerConfig({ name, lxcpath, configFile, environment: context.env });
}
