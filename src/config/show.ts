/** The value of a key as LXC's tools print it: what tlxc-info -c shows. */
import type { AnyKey } from './key.ts';
import { find, slotOf } from './registry.ts';
import { cgroup } from './registry/cgroup.ts';
import { credentials } from './registry/credentials.ts';
import { network } from './registry/network.ts';
import { process } from './registry/process.ts';
import type { Settings } from './settings.ts';

export type Shown =
  /** text completes "KEY = "; "" where nothing is set. A list is one value a line, each with its line end. */
  | { readonly kind: 'value'; readonly text: string }
  /** LXC prints "KEY invalid"; the reason says more. */
  | { readonly kind: 'invalid'; readonly reason: string };

const value = (text: string): Shown => ({ kind: 'value', text });
const lines = (texts: readonly string[]): Shown => value(texts.map((text) => `${text}\n`).join(''));

function showKey(settings: Settings, key: AnyKey, variable: string): Shown {
  const all = settings.all(key, variable);
  const ofFile =
    key.keep === undefined ? all : all.filter((one) => key.keep?.(one.value, variable) === false);
  const texts = ofFile.map((one) => key.show(one.value));
  if (!key.list) return value(texts.at(-1) ?? key.fallback);
  return key.joinedBy === undefined ? lines(texts) : value(texts.join(key.joinedBy));
}

const FAMILIES: readonly AnyKey[] = [
  ...[process.limit, process.procFile, process.sysctl],
  ...[credentials.set, credentials.load],
];

/** lxc.net: the type of each interface. Families such as lxc.cgroup and lxc.prlimit: every line. */
function showGroup(settings: Settings, name: string): Shown {
  if (name === 'lxc.net') {
    return lines(settings.networks().map((index) => settings.last(network.type, index)?.value ?? ''));
  }
  const family = FAMILIES.find((key) => key.name === `${name}.*`);
  if (family?.member) {
    const { member, show } = family;
    return lines(settings.all(family).map(({ value: one }) => `${name}.${member(one)} = ${show(one)}`));
  }
  const version = name === 'lxc.cgroup' ? cgroup.v1 : name === 'lxc.cgroup2' ? cgroup.v2 : undefined;
  if (version === undefined) return { kind: 'invalid', reason: `${name} has no value of its own` };
  return lines(settings.all(version).map((one) => `${name}.${one.value.file} = ${one.value.value}`));
}

/** Shows any key of the registry, set or not, and the groups lxc.net, lxc.cgroup and lxc.cgroup2. */
export function showConfigKey(settings: Settings, name: string): Shown {
  const found = find(name);
  if (found.kind === 'refused') return { kind: 'invalid', reason: found.reason };
  if (found.kind === 'group') return showGroup(settings, name);
  const { key, variable, slot } = found;
  if (slot === 'lxc.include')
    return { kind: 'invalid', reason: 'lxc.include has no value once it is followed' };
  const index = Number(variable);
  if (/^t?lxc\.net\./.test(slot) && !settings.networks().includes(index)) {
    return { kind: 'invalid', reason: `there is no lxc.net.${index}` };
  }
  const { needs } = key;
  if (needs && settings.last({ ...key, name: needs.name }, variable)?.value !== needs.value) {
    return { kind: 'invalid', reason: `it is for ${slotOf(needs, variable)} = ${needs.value}` };
  }
  return showKey(settings, key, variable);
}
