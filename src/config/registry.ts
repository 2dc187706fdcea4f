/** The registry of keys: what a name in a container's configuration means. lxc.container.conf(5) */
import type { Fault } from '../problem.ts';
import type { AnyKey } from './key.ts';
import { modernName } from './legacy.ts';
import { nearest } from './nearest.ts';
import { cgroup } from './registry/cgroup.ts';
import { credentials } from './registry/credentials.ts';
import { devices } from './registry/devices.ts';
import { health } from './registry/health.ts';
import { hooks, lifecycle } from './registry/lifecycle.ts';
import { namespaces } from './registry/namespaces.ts';
import { network } from './registry/network.ts';
import { process } from './registry/process.ts';
import { security } from './registry/security.ts';
import { storage } from './registry/storage.ts';
import { system } from './registry/system.ts';

/** Every key, in the order in which a manual page would name them. */
export const registry: readonly AnyKey[] = [
  ...Object.values(system),
  ...Object.values(storage),
  ...Object.values(devices),
  ...Object.values(network),
  ...Object.values(cgroup),
  ...Object.values(namespaces),
  ...Object.values(process),
  ...Object.values(credentials),
  ...Object.values(security),
  ...Object.values(lifecycle),
  ...Object.values(health),
  ...hooks.values(),
];

const byName: ReadonlyMap<string, AnyKey> = new Map(registry.map((key) => [key.name, key]));

export type Found =
  /** slot: where its settings are kept; variable: what stands for [i] or *. */
  | { readonly kind: 'key'; readonly key: AnyKey; readonly slot: string; readonly variable: string }
  /** A name that only takes an empty value, and resets every slot that clears() names. */
  | { readonly kind: 'group'; readonly clears: (slot: string) => boolean }
  | { readonly kind: 'refused'; readonly reason: string; readonly fault: Fault };

/** The slot that holds a key's settings: its name with the index in place of [i]. */
export const slotOf = ({ name }: { readonly name: string }, index: string | number = ''): string =>
  index === '' ? name : name.replace('[i]', String(index));

const below =
  (...prefixes: readonly string[]) =>
  (slot: string): boolean =>
    prefixes.some((prefix) => slot.startsWith(prefix)) && slot !== 'lxc.hook.version';

const GROUPS: Readonly<Record<string, (slot: string) => boolean>> = {
  'lxc.net': below('lxc.net.', 'tlxc.net.'),
  'lxc.hook': below('lxc.hook.'),
  'lxc.cgroup': (slot) => slot === cgroup.v1.name,
  'lxc.cgroup2': (slot) => slot === cgroup.v2.name,
  'lxc.prlimit': (slot) => slot === process.limit.name,
  'lxc.proc': (slot) => slot === process.procFile.name,
  'lxc.sysctl': (slot) => slot === process.sysctl.name,
  'tlxc.credential': below('tlxc.credential.'),
  'tlxc.credential.set': (slot) => slot === credentials.set.name,
  'tlxc.credential.load': (slot) => slot === credentials.load.name,
};

/** LXC's limit: an index is an int. */
const INDEX_LIMIT = 2 ** 31 - 1;

function findNetwork(name: string): Found | undefined {
  const [, family, digits, rest] = /^(t?lxc\.net)\.(\d{1,10})(?:\.(.+))?$/.exec(name) ?? [];
  if (family === undefined || digits === undefined || Number(digits) >= INDEX_LIMIT) return undefined;
  const index = String(Number(digits));
  if (rest === undefined) {
    const clears = below(`${family}.${index}.`, `tlxc.net.${index}.`);
    return { kind: 'group', clears };
  }
  const key = byName.get(`${family}.[i].${rest}`);
  return key && { kind: 'key', key, slot: slotOf(key, index), variable: index };
}

function findCgroup(name: string): Found | undefined {
  const [, version, file] = /^(lxc\.cgroup2?)\.(.+)$/.exec(name) ?? [];
  if (version === undefined || file === undefined || /^(dir|relative)(\.|$)/.test(file)) return undefined;
  const key = version === 'lxc.cgroup' ? cgroup.v1 : cgroup.v2;
  return { kind: 'key', key, slot: key.name, variable: file };
}

/** Keys whose last part is free, each family in a slot of its own. */
const families = [
  ...[namespaces.share, process.limit, process.sysctl, process.procFile],
  ...[credentials.set, credentials.load],
].map((key: AnyKey) => ({
  key,
  prefix: key.name.slice(0, -1),
}));

function findMember(name: string): Found | undefined {
  const family = families.find(({ prefix }) => name.startsWith(prefix) && name !== prefix);
  if (family === undefined) return undefined;
  const { key, prefix } = family;
  return { kind: 'key', key, slot: key.name, variable: name.slice(prefix.length) };
}

/** The nearest key, its index as in the name that was typed. */
export function nearestKey(name: string): string | undefined {
  const index = /^t?lxc\.net\.(\d+)/.exec(name)?.[1] ?? '0';
  return nearest(
    name,
    registry.map((key) => slotOf(key, index)),
  );
}

/** The keys that begin as the name does, up to its last dot: what could stand in its place. */
function siblings(name: string): readonly string[] {
  const family = name.slice(0, name.lastIndexOf('.') + 1).replace(/^(t?lxc\.net)\.\d+\./, '$1.[i].');
  if (family === 'lxc.' || family === 'tlxc.' || family === '') return [];
  const index = /^t?lxc\.net\.(\d+)/.exec(name)?.[1] ?? '';
  return registry.filter((key) => key.name.startsWith(family)).map((key) => slotOf(key, index));
}

function refuse(name: string): Found {
  const refused = (reason: string, fault: Fault = {}): Found => ({
    kind: 'refused',
    reason,
    fault: { part: 'key', ...fault },
  });
  const now = modernName(name);
  if (now === '')
    return refused(`${name} is a name from before LXC 3 that means nothing any more; remove the line`);
  if (now !== undefined) return refused(`${name} is a name from before LXC 3; it is now ${now}`);
  const nearest = nearestKey(name);
  const allowed = siblings(name);
  return refused(`${name} is not a known key`, {
    ...(nearest && { nearest }),
    ...(allowed.length > 0 && { allowed }),
  });
}

/** Configurations repeat their keys, and one another's: so many names are remembered. */
const MOST_FOUND = 1000;
const found = new Map<string, Found>();

/** What a name means; refused with the reason where it means nothing here. */
export function find(name: string): Found {
  const known = found.get(name);
  if (known) return known;
  const now = lookUp(name);
  if (found.size >= MOST_FOUND) found.clear();
  found.set(name, now);
  return now;
}

function lookUp(name: string): Found {
  const key = byName.get(name);
  if (key && !name.includes('*') && !name.includes('['))
    return { kind: 'key', key, slot: name, variable: '' };
  const clears = Object.hasOwn(GROUPS, name) ? GROUPS[name] : undefined;
  if (clears) return { kind: 'group', clears };
  return findNetwork(name) ?? findCgroup(name) ?? findMember(name) ?? refuse(name);
}
