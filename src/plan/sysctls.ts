/** lxc.sysctl.* and lxc.uts.name: parameters of the container's namespaces, never of the host's. */
import type { Sourced, Sysctl } from '../config/model.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import { originOfNamespace } from './namespaces.ts';
import type { StartPlan } from './types.ts';

const HOSTNAME = 'kernel/hostname';

export function compileSysctls(compilation: Compilation): StartPlan['sysctls'] {
  const mayMount = originOfNamespace(compilation, 'pid') === 'new';
  return compilation.config.sysctls
    .filter((each) => isOwn(each, compilation) && each.value.path !== HOSTNAME)
    .map(({ value, at }) => ({
      path: value.path,
      value: value.value,
      ownProc: mayMount && isCovered(value.path, compilation.host.procMounts),
      origin: originOf(at),
    }));
}

/** As in a container, which is shown most of /proc/sys for reading only. */
const isCovered = (path: string, mounts: readonly string[]): boolean =>
  mounts.some((point) => `/proc/sys/${path}/`.startsWith(`${point}/`));

/** The later of two names counts in LXC, which writes parameters last: kernel.hostname. */
export function compileHostname(compilation: Compilation): string {
  const { config, options, findings } = compilation;
  const written = config.sysctls.find(({ value }) => value.path === HOSTNAME);
  const named = config.utsName;
  if (originOfNamespace(compilation, 'uts') === 'new') return written?.value.value ?? named?.value ?? '';
  const fromCommandLine = options.share.uts !== undefined && options.share.uts.at === undefined;
  if (named && !fromCommandLine)
    findings.warn(
      named.at,
      'lxc.uts.name has no effect: the uts namespace is not one of the container alone',
    );
  return '';
}

function isOwn({ value, at }: Sourced<Sysctl>, compilation: Compilation): boolean {
  const { namespace, name } = value;
  if (originOfNamespace(compilation, namespace) !== 'host') return true;
  const why =
    namespace === 'user'
      ? 'without lxc.idmap the container has no user namespace'
      : `the container stays in the host's ${namespace} namespace`;
  compilation.findings.refuse(at, `lxc.sysctl.${name}: ${why}, so this would change the host`);
  return false;
}
