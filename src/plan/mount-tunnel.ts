/** lxc.mount.auto = shmounts:HOST[:CONTAINER]: what the host mounts below HOST later shows below CONTAINER. */
import { lastAutoMount } from './auto-mounts.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import { bindStep } from './mount-steps.ts';
import type { TreeStep } from './types.ts';

export function mountTunnel({ config, files, findings }: Compilation): TreeStep[] {
  const token = lastAutoMount(config.autoMounts, ['shmounts']);
  if (token === undefined) return [];
  const { host, container } = token.value;
  if (files.tunnelIsShared === false)
    findings.warn(
      token.at,
      `shmounts: what is mounted below ${host} later will not show inside, for it lies on a private mount; ` +
        `make it shared before: mount --bind ${host} ${host} && mount --make-shared ${host}`,
    );
  return [
    bindStep({
      source: host,
      recursive: true,
      target: container.replace(/^\/+/, ''),
      propagation: 'rslave',
      // It passes nothing on, not even to mount namespaces made inside.
      lastPropagation: 'rslave',
      create: 'dir',
      origin: originOf(token.at),
    }),
  ];
}
