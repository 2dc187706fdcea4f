/** What a configuration comes to: every value in force, where it was written, and the defaults for the rest. */
import type { SourceLocation } from '../problem.ts';
import type { AnyKey } from './key.ts';
import { find, registry, slotOf } from './registry.ts';
import type { Settings } from './settings.ts';

/** One value in force. A list has one of these for each of its values. */
export interface Effective {
  /** As the registry spells it: lxc.cgroup2.*, lxc.net.[i].mtu. */
  readonly entry: string;
  /** In full: lxc.cgroup2.memory.max. */
  readonly key: string;
  /** As tlxc-info -c shows it. */
  readonly value: string;
  /** Where it was written; undefined for a default. */
  readonly at?: SourceLocation;
}

const isInterfaceKey = ({ name }: AnyKey): boolean => name.includes('[i]');

/** A key that stands for many: what the line says, not what the registry does. */
const fullName = (key: AnyKey, slot: string, at: SourceLocation): string =>
  key.name.endsWith('*') ? (at.key ?? slot) : slot;

function valuesOf(settings: Settings, key: AnyKey, index: number | string): Effective[] {
  const slot = slotOf(key, index);
  const all = settings.all(key, index);
  const inForce = key.list ? all : all.slice(-1);
  if (inForce.length === 0 && key.fallback !== '' && !isInterfaceKey(key)) {
    return [{ entry: key.name, key: slot, value: key.fallback }];
  }
  return inForce.map(({ value, at }) => ({
    entry: key.name,
    key: fullName(key, slot, at),
    value: key.show(value),
    at,
  }));
}

/** Interfaces one after the other, each with all its keys. */
function all(settings: Settings): Effective[] {
  const first = registry.findIndex(isInterfaceKey);
  const plain = (keys: readonly AnyKey[]): Effective[] =>
    keys.filter((key) => !isInterfaceKey(key)).flatMap((key) => valuesOf(settings, key, ''));
  const interfaces = settings
    .networks()
    .flatMap((index) => registry.filter(isInterfaceKey).flatMap((key) => valuesOf(settings, key, index)));
  return [...plain(registry.slice(0, first)), ...interfaces, ...plain(registry.slice(first))];
}

/**
 * Every value in force; with a name only those of that key, or of the keys that begin with it and a dot. undefined for a
 * name that is none.
 */
export function explainSettings(settings: Settings, name?: string): readonly Effective[] | undefined {
  const everything = all(settings);
  if (name === undefined) return everything;
  const chosen = everything.filter(({ key }) => key === name || key.startsWith(`${name}.`));
  const isFamily = registry.some((key) => key.name.startsWith(`${name}.`));
  return chosen.length > 0 || isFamily || find(name).kind !== 'refused' ? chosen : undefined;
}
