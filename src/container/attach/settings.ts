/** What an attach takes from elsewhere than the monitor: -f's configuration file, the host's LSM. */
import { TlxcError } from '../../errors.ts';
import type { AttachOptions } from '../../plan/attach.ts';
import type { ContainerPaths } from '../paths.ts';

/** -c, for the LSM that this host has. Throws TLXC_E_UNSUPPORTED where it has none that takes a label. */
export async function withLabel(options: AttachOptions, label: string): Promise<AttachOptions> {
  const { probeHost } = await import('../../host/probe.ts');
  const { apparmor, selinux } = probeHost();
  if (apparmor) return { ...options, apparmorProfile: label };
  if (selinux) return { ...options, selinuxContext: label };
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: 'there are no labels (-c) on this host: neither AppArmor nor SELinux is enabled',
    hint: 'ask for no label',
  });
}

/**
 * The options with what another configuration file says of an attach: lxc.environment (under -v) and, unless -a was
 * given, lxc.arch. Throws TLXC_E_CONFIG when the file is wrong.
 */
export async function rcfileSettings(
  { name, lxcpath }: ContainerPaths,
  configFile: string,
  options: AttachOptions,
): Promise<AttachOptions> {
  // Only -f needs the configuration's reader.
  const { loadContainerConfig } = await import('../../config/load.ts');
  const { caller, set } = options.environment;
  const config = loadContainerConfig({ name, lxcpath, configFile, overrides: [], environment: caller });
  const fromFile = config.environment.map(({ value }) => value);
  return {
    ...options,
    environment: { ...options.environment, set: [...fromFile, ...set] },
    personality: options.personality ?? config.arch?.value,
  };
}
