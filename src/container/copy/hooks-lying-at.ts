/** Hooks of a configuration that names files where they are not yet: those of the container's own directory. Pure. */
import type { ContainerConfig } from '../../config/model.ts';

interface Place {
  /** Where the directory is to be, and where it is. */
  readonly from: string;
  readonly to: string;
  /** Of a hook that fails, the line is named that a person can mend: in the source's configuration. */
  readonly before: ContainerConfig;
}

export function hooksLyingAt(config: ContainerConfig, { from, to, before }: Place): ContainerConfig {
  const hooks = config.hooks.map(({ value, at }, index) => ({
    value: { ...value, command: value.command.replaceAll(`${from}/`, `${to}/`) },
    at: before.hooks[index]?.at ?? at,
  }));
  return { ...config, hooks };
}
