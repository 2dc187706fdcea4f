/** Which namespaces are new and which are joined (--share-*, lxc.net.N.type = none). */
import type { Compilation } from './input.ts';
import { NO_ORIGIN } from './input.ts';
import type { Namespace, StartPlan } from './types.ts';

export interface Namespaces {
  readonly created: Namespace[];
  readonly shared: StartPlan['shared'];
}

/** True when the container stays in the network namespace of the host: every lxc.net.N.type is none. */
export function usesHostNetwork({ config, options }: Compilation): boolean {
  if (options.share.net !== undefined || config.networks.length === 0) return false;
  return config.networks.every((network) => network.type.value === 'none');
}

export function compileNamespaces(compilation: Compilation): Namespaces {
  const { config, host, options } = compilation;
  const shared = Object.entries(options.share)
    .filter(([, path]) => path !== '')
    .map(([namespace, path]) => ({ namespace: namespace as Namespace, path, origin: NO_ORIGIN }));
  const joined = new Set<Namespace>(shared.map((each) => each.namespace));
  const wanted: [Namespace, boolean][] = [
    ['user', config.idmap.length > 0],
    ['mount', true],
    ['pid', true],
    ['uts', true],
    ['ipc', true],
    ['net', !usesHostNetwork(compilation)],
    ['cgroup', host.cgroupNamespaces],
  ];
  return {
    created: wanted.filter(([name, wants]) => wants && !joined.has(name)).map(([name]) => name),
    shared,
  };
}
