/** Which namespaces are new, which are joined, and which stay the host's. lxc.namespace.*, lxc.net.N.type = none */
import type { ContainerConfig, NamespaceName } from '../config/model.ts';
import type { SourceLocation } from '../problem.ts';
import type { Compilation, JoinedNamespace } from './input.ts';
import { originOf } from './input.ts';
import type { Namespace, StartPlan } from './types.ts';

export interface Namespaces {
  readonly created: Namespace[];
  readonly shared: StartPlan['shared'];
}

/** In the order of clone3's, which the plan keeps. */
const ALL: readonly Namespace[] = ['user', 'mount', 'pid', 'uts', 'ipc', 'net', 'cgroup', 'time'];

const nameOf = (namespace: Namespace): NamespaceName => (namespace === 'mount' ? 'mnt' : namespace);

/** As a configuration spells it. */
export const namespaceOf = (name: NamespaceName): Namespace => (name === 'mnt' ? 'mount' : name);

/** True when every lxc.net.N.type is none. */
function wantsHostNetwork({ networks }: ContainerConfig): boolean {
  return networks.length > 0 && networks.every((network) => network.type.value === 'none');
}

/** Whether the container would get it if nothing were said of namespaces. */
function isUsual(namespace: Namespace, { config, host }: Compilation): boolean {
  if (namespace === 'user') return config.idmap.length > 0;
  if (namespace === 'net') return !wantsHostNetwork(config);
  if (namespace === 'cgroup') return host.cgroupNamespaces;
  const { boot, monotonic } = config.timeOffset;
  return namespace !== 'time' || boot !== undefined || monotonic !== undefined;
}

/** LXC's rule: exactly those of clone, or all but those of keep; time then needs no offset. */
function isNew(namespace: Namespace, compilation: Compilation): boolean {
  const { config, host } = compilation;
  const { clone, keep } = config.namespaces;
  const listed = (list: typeof clone) => list.some(({ value }) => value === nameOf(namespace));
  if (clone.length > 0) return listed(clone);
  if (keep.length === 0) return isUsual(namespace, compilation);
  if (namespace === 'time') return host.timeNamespaces && !listed(keep);
  return isUsual(namespace, compilation) && !listed(keep);
}

/** Whose it is. */
export function originOfNamespace(compilation: Compilation, namespace: Namespace): 'new' | 'joined' | 'host' {
  const joined = compilation.options.share[namespace];
  if (joined) return joined.host ? 'host' : 'joined';
  return isNew(namespace, compilation) ? 'new' : 'host';
}

/** A user namespace may mount /proc and /sys only of namespaces that belong to it. */
export function mayMountFor(compilation: Compilation, namespace: 'pid' | 'net'): boolean {
  if (compilation.config.idmap.length === 0) return true;
  const origin = originOfNamespace(compilation, namespace);
  return origin === 'new' || (origin === 'joined' && originOfNamespace(compilation, 'user') === 'joined');
}

/** The configuration with the ids of a user namespace that it joins. */
export function withSharedIds(config: ContainerConfig, user: JoinedNamespace | undefined): ContainerConfig {
  if (user === undefined || user.host) return config;
  const at = user.at ?? { file: '', line: 0 };
  return { ...config, idmap: user.idmap.map((value) => ({ value, at })) };
}

export function compileNamespaces(compilation: Compilation): Namespaces {
  const { options, host } = compilation;
  const shared = (Object.entries(options.share) as [Namespace, JoinedNamespace][])
    .filter(([, joined]) => !joined.host)
    .map(([namespace, { path, inode, at }]) => ({ namespace, path, inode, origin: originOf(at) }));
  // Root needs the host's privilege to join the others; a plain user has privilege only in the user namespace.
  const user = shared.filter(({ namespace }) => namespace === 'user');
  const others = shared.filter(({ namespace }) => namespace !== 'user');
  return {
    created: ALL.filter((namespace) => originOfNamespace(compilation, namespace) === 'new'),
    shared: host.uid === 0 ? [...others, ...user] : [...user, ...others],
  };
}

/** Refuses namespaces that the kernel lacks, and tells what has no effect in those that are not the container's own. */
export function checkNamespaces(compilation: Compilation): void {
  const { config, host, findings } = compilation;
  const { boot, monotonic } = config.timeOffset;
  const cloned = (name: NamespaceName) => config.namespaces.clone.find(({ value }) => value === name)?.at;
  const asked: [boolean, SourceLocation | undefined, string][] = [
    [host.timeNamespaces, boot?.at ?? monotonic?.at ?? cloned('time'), 'time namespaces (CONFIG_TIME_NS)'],
    [host.cgroupNamespaces, cloned('cgroup'), 'cgroup namespaces (CONFIG_CGROUPS)'],
  ];
  for (const [there, at, what] of asked)
    if (!there && at) findings.refuse(at, `${at.key ?? 'lxc.namespace.clone'}: this kernel has no ${what}`);
  checkNetwork(compilation);
}

/** A command line that shares a namespace knows what it replaces; a configuration may not. */
function checkNetwork(compilation: Compilation): void {
  const { config, options, findings } = compilation;
  if (originOfNamespace(compilation, 'net') === 'new' || wantsHostNetwork(config)) return;
  const joined = options.share.net;
  if (joined && joined.at === undefined) return;
  for (const { index, type } of config.networks)
    findings.warn(
      type.at,
      `lxc.net.${index} has no effect: the network namespace is ${joined ? `that of ${joined.path}` : "the host's"}`,
    );
}
