/** What a configuration names that this host does not have, for a person to see before the first start. */
import { existsSync } from 'node:fs';
import type { ContainerConfig } from '../../config/model.ts';

/** Sentences, one a thing. */
export function absentHere(config: ContainerConfig): string[] {
  const hooks = config.hooks.flatMap(({ value }) => {
    const program = value.command.split(/\s/)[0] ?? '';
    return program.startsWith('/') && !existsSync(program)
      ? [`lxc.hook.${value.hook}: there is no ${program} here`]
      : [];
  });
  const links = config.networks.flatMap(({ index, link, type }) =>
    link && type.value !== 'phys' && link.value !== 'tlxcbr0' && !existsSync(`/sys/class/net/${link.value}`)
      ? [`lxc.net.${index}.link: this host has no ${link.value}`]
      : [],
  );
  const mounts = config.mountEntries.flatMap(({ value }) =>
    value.source.startsWith('/') && !existsSync(value.source) && !value.options.includes('optional')
      ? [`lxc.mount.entry: there is no ${value.source} here`]
      : [],
  );
  return [...hooks, ...links, ...mounts];
}
