/** One item of a container's configuration as tlxc-info -c shows it. */
import { loadSettings, type LoadedSettings, type LoadRequest } from '../config/load.ts';
import { find } from '../config/registry.ts';
import { network } from '../config/registry/network.ts';

export interface ConfigItem {
  /** [] where it is not set and has no default. */
  readonly values: readonly string[];
  /** A list is shown one value a line, with an empty line after the last. */
  readonly list: boolean;
}

/** Reads the configuration on disk; throws TLXC_E_CONFIG where it is broken. */
export function openConfigItems(request: LoadRequest): (key: string) => ConfigItem | null {
  const { settings } = loadSettings(request);
  return (key) => configItem(settings, key);
}

/** null: there is no such key. */
function configItem(settings: LoadedSettings['settings'], name: string): ConfigItem | null {
  if (name === 'lxc.net') {
    const types = settings.networks().map((index) => settings.last(network.type, index)?.value ?? '');
    return { values: types, list: true };
  }
  const found = find(name);
  if (found.kind !== 'key') return null;
  const { key, variable } = found;
  // All lxc.cgroup.* share one list: of it, what resetting this one would take away.
  const own = settings.all(key, variable).filter(({ value }) => !key.keep?.(value, variable));
  const values = own.map(({ value }) => key.show(value));
  if (values.length === 0) return { values: key.fallback ? [key.fallback] : [], list: false };
  if (!key.list) return { values: values.slice(-1), list: false };
  return key.joinedBy === undefined
    ? { values, list: true }
    : { values: [values.join(key.joinedBy)], list: false };
}
