/** Contradictions between the keys that say which namespaces a container has: lxc.namespace.*, lxc.idmap, lxc.time.*. */
import { placeOf } from '../problem.ts';
import type { NamespaceName, Sourced } from './model.ts';
import { namespaces } from './registry/namespaces.ts';
import { network } from './registry/network.ts';
import { security } from './registry/security.ts';
import type { Settings } from './settings.ts';

/** Why the container does not get a new namespace; at is the line that says so. */
interface Denied {
  readonly at: Sourced<unknown>['at'];
  readonly why: string;
}

export function checkNamespaces(settings: Settings): void {
  const [clone, keep] = [settings.last(namespaces.clone), settings.last(namespaces.keep)];
  if (clone && keep) {
    settings.problem(
      keep.at,
      `lxc.namespace.keep and lxc.namespace.clone exclude each other; lxc.namespace.clone is set at ${placeOf(clone.at)} ` +
        '(an empty lxc.namespace.clone = before this line clears it)',
    );
    return;
  }
  checkShared(settings);
  checkMounts(settings);
  checkUser(settings);
  checkClocks(settings);
  checkNetwork(settings);
}

/** The line that keeps the container from having a namespace of its own, if there is one. */
function denied(settings: Settings, name: NamespaceName): Denied | undefined {
  const shared = settings.all(namespaces.share).find(({ value }) => value.namespace === name);
  if (shared)
    return { at: shared.at, why: `lxc.namespace.share.${name} joins that of ${shared.value.whose}` };
  const kept = settings.all(namespaces.keep).find(({ value }) => value === name);
  if (kept) return { at: kept.at, why: `lxc.namespace.keep has ${name}` };
  const clone = settings.all(namespaces.clone);
  const last = clone.at(-1);
  if (!last || clone.some(({ value }) => value === name)) return undefined;
  return { at: last.at, why: `lxc.namespace.clone has no ${name}` };
}

function checkShared(settings: Settings): void {
  for (const { value, at } of settings.all(namespaces.share)) {
    const { namespace } = value;
    for (const [key, verb] of [
      [namespaces.clone, 'makes a new one'],
      [namespaces.keep, "keeps the host's"],
    ] as const) {
      const other = settings.all(key).find((each) => each.value === namespace);
      if (!other) continue;
      const contradiction = `contradicts ${key.name} at ${placeOf(other.at)}, which ${verb}`;
      settings.problem(at, `lxc.namespace.share.${namespace} ${contradiction}`);
    }
  }
}

/** In a mount namespace of others, making the container's root would take theirs away. */
function checkMounts(settings: Settings): void {
  const no = denied(settings, 'mnt');
  if (no)
    settings.problem(
      no.at,
      `${no.why}: a container cannot be without a mount namespace of its own, its root filesystem would replace that ` +
        'of the processes there; lxc.mount.entry shows directories of others to it',
    );
}

function checkUser(settings: Settings): void {
  const idmap = settings.all(security.idmap)[0];
  const no = denied(settings, 'user');
  const clone = settings.all(namespaces.clone).find(({ value }) => value === 'user');
  if (idmap && no)
    settings.problem(
      no.at,
      `${no.why}, but lxc.idmap at ${placeOf(idmap.at)} needs a new user namespace; remove one of them ` +
        '(an empty lxc.idmap = clears it)',
    );
  if (!idmap && clone)
    settings.problem(clone.at, 'lxc.namespace.clone has user, but no lxc.idmap says which ids it has');
}

function checkClocks(settings: Settings): void {
  const no = denied(settings, 'time');
  for (const key of no ? [namespaces.boot, namespaces.monotonic] : []) {
    const offset = settings.last(key);
    if (offset && no)
      settings.problem(
        offset.at,
        `${key.name} needs a new time namespace, but ${no.why} (${placeOf(no.at)})`,
      );
  }
}

function checkNetwork(settings: Settings): void {
  const types = settings.networks().map((index) => settings.last(network.type, index));
  const clone = settings.all(namespaces.clone).find(({ value }) => value === 'net');
  const none = types.find((type) => type?.value === 'none');
  if (none && clone)
    settings.problem(
      none.at,
      `type none shares the host's network, but lxc.namespace.clone at ${placeOf(clone.at)} makes a new one`,
    );
}
