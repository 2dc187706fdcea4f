/** lxc.hook.destroy and lxc.hook.clone: programs of the host that run while nothing of the container does. */
import type { ContainerConfig } from '../../config/model.ts';
import { runProgram } from '../../host/program.ts';
import type { Environment } from '../../environment.ts';

export interface HostHook {
  readonly hook: 'clone' | 'destroy';
  readonly config: ContainerConfig;
  /** LXC_CONFIG_FILE: where the configuration lies while the hook runs. */
  readonly configFile: string;
  /** After those that LXC gives in version 0; in version 1 the only ones. */
  readonly args?: readonly string[];
  /** Beside the caller's, LXC_NAME, LXC_CONFIG_FILE and what tells of the version. */
  readonly environment: Readonly<Record<string, string>>;
  /** Words before the hook's own: a program that runs it in a mount namespace, say. */
  readonly within?: readonly string[];
}

const set = (caller: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(caller).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

const HINT = 'run the hook by hand to see what it lacks, or take its line out';

/** Runs them in order, with the arguments and the environment of LXC's hooks; throws TLXC_E_HOOK at the first failure. */
export async function runHostHooks(
  { hook, config, configFile, args = [], environment, within = [] }: HostHook,
  caller: Environment,
): Promise<void> {
  const { name } = config;
  const words = config.hookVersion === 0 ? [name, 'lxc', hook] : [];
  const variables = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    ...set(caller),
    LXC_NAME: name,
    LXC_CONFIG_FILE: configFile,
    ...(config.hookVersion === 1 && { LXC_HOOK_TYPE: hook, LXC_HOOK_SECTION: 'lxc' }),
    ...environment,
  };
  for (const { value, at } of config.hooks) {
    if (value.hook !== hook) continue;
    const what = `${at.file}:${at.line}: the ${hook} hook ${value.command} failed`;
    const shell = [...within, '/bin/sh', '-c', `${value.command} "$@"`, 'hook', ...words, ...args];
    await runProgram(
      shell,
      { code: 'TLXC_E_HOOK', what, hint: HINT },
      { environment: variables, name: value.command },
    );
  }
}
