/** lxc.hook.destroy: programs of the host that run before a container is removed. */
import type { ContainerConfig } from '../config/model.ts';
import { runProgram } from '../host/program.ts';
import type { ContainerPaths } from './paths.ts';

/** Runs them in order, with the arguments and the environment of LXC's hooks; throws TLXC_E_HOOK at the first failure. */
export async function runDestroyHooks(
  config: ContainerConfig,
  paths: ContainerPaths,
  caller: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { name } = paths;
  const words = config.hookVersion === 0 ? [name, 'lxc', 'destroy'] : [];
  const environment = {
    PATH: caller['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    LXC_NAME: name,
    LXC_CONFIG_FILE: paths.config,
    LXC_ROOTFS_PATH: config.rootfs.path?.value ?? '',
    LXC_HOOK_VERSION: String(config.hookVersion),
    ...(config.hookVersion === 1 && { LXC_HOOK_TYPE: 'destroy', LXC_HOOK_SECTION: 'lxc' }),
  };
  for (const { value, at } of config.hooks) {
    if (value.hook !== 'destroy') continue;
    const what = `${at.file}:${at.line}: the destroy hook ${value.command} failed`;
    const shell = ['/bin/sh', '-c', `${value.command} "$@"`, 'hook', ...words];
    await runProgram(shell, { code: 'TLXC_E_HOOK', what }, { environment });
  }
}
