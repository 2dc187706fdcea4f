/** What only shows when all keys are known: settings that contradict each other. */
import { posix } from 'node:path';
import { placeOf } from '../problem.ts';
import { checkForwards } from './forward-checks.ts';
import { checkNamespaces } from './namespace-checks.ts';
import { interfaceType } from './network-config.ts';
import { cgroup } from './registry/cgroup.ts';
import { health } from './registry/health.ts';
import { lifecycle } from './registry/lifecycle.ts';
import { network } from './registry/network.ts';
import { security } from './registry/security.ts';
import { storage } from './registry/storage.ts';
import type { Settings } from './settings.ts';
import type { IdMap, Sourced } from './model.ts';

/** Adds a problem for each contradiction. */
export function checkTogether(settings: Settings): void {
  checkCapabilities(settings);
  checkCgroupDirectories(settings);
  checkIdMaps(settings);
  checkNamespaces(settings);
  checkNetworks(settings);
  checkInterfaceNames(settings);
  checkMountTargets(settings);
  checkForwards(settings);
  checkRestart(settings);
  checkHealth(settings);
}

function checkCapabilities(settings: Settings): void {
  const drop = settings.last(security.capDrop);
  const keep = settings.last(security.capKeep);
  if (!drop || !keep) return;
  settings.problem(
    drop.at,
    `lxc.cap.drop and lxc.cap.keep exclude each other; lxc.cap.keep is set at ${placeOf(keep.at)} ` +
      '(an empty lxc.cap.keep = before this line clears it)',
  );
}

function checkCgroupDirectories(settings: Settings): void {
  const [dir, container, monitor, inner] = [cgroup.dir, cgroup.container, cgroup.monitor, cgroup.inner].map(
    (key) => settings.last(key),
  );
  if (dir && (container ?? monitor)) {
    settings.problem(dir.at, 'lxc.cgroup.dir excludes lxc.cgroup.dir.container and lxc.cgroup.dir.monitor');
  } else if (container && !monitor) {
    settings.problem(container.at, 'lxc.cgroup.dir.container needs lxc.cgroup.dir.monitor as well');
  } else if (monitor && !container) {
    settings.problem(monitor.at, 'lxc.cgroup.dir.monitor needs lxc.cgroup.dir.container as well');
  } else if (inner && !container) {
    settings.problem(inner.at, 'lxc.cgroup.dir.container.inner needs lxc.cgroup.dir.container as well');
  }
}

function checkIdMaps(settings: Settings): void {
  const maps = settings.all(security.idmap);
  for (const kind of ['uid', 'gid'] as const) {
    const ofKind = maps.filter(({ value }) => value.kind === kind);
    const first = maps[0];
    if (ofKind.length === 0 && first) {
      settings.problem(first.at, `lxc.idmap maps no ${kind}s: both u and g lines are needed`);
    }
    reportOverlaps(settings, ofKind);
  }
}

function reportOverlaps(settings: Settings, maps: readonly Sourced<IdMap>[]): void {
  for (const [index, { value, at }] of maps.entries()) {
    const other = maps.slice(0, index).find((earlier) => overlap(earlier.value, value));
    if (other) settings.problem(at, `lxc.idmap maps ids that ${placeOf(other.at)} maps already`, {});
  }
}

function overlap(left: IdMap, right: IdMap): boolean {
  const meet = (side: 'inside' | 'outside'): boolean =>
    left[side] < right[side] + right.count && right[side] < left[side] + left.count;
  return meet('inside') || meet('outside');
}

function warnOfOwnType(settings: Settings, index: number, type = ''): void {
  const own = settings.last(network.ownType, index);
  if (own && own.value !== type)
    settings.warnings.push(
      `${placeOf(own.at)}: ${own.at.key ?? ''} does nothing where lxc.net.${index}.type is ${type}`,
    );
}

function checkNetworks(settings: Settings): void {
  const indexes = settings.networks();
  const types = indexes.map((index) => interfaceType(settings, index));
  for (const [at, index] of indexes.entries()) {
    if (types[at]) continue;
    const place = settings.firstOfNetwork(index);
    settings.problem(
      place,
      `lxc.net.${index} has no type: set lxc.net.${index}.type, on a line before the others`,
    );
  }
  indexes.forEach((index, at) => {
    warnOfOwnType(settings, index, types[at]?.value);
  });
  const none = types.find((type) => type?.value === 'none');
  if (none && types.some((type) => type && type.value !== 'none')) {
    settings.problem(none.at, "type none shares the host's network, so no other interface can be had");
  }
}

function checkRestart(settings: Settings): void {
  const [restart, ephemeral] = [settings.last(lifecycle.restart), settings.last(lifecycle.ephemeral)];
  const restarts = restart !== undefined && restart.value !== 'no';
  if (restarts && ephemeral?.value === true)
    settings.problem(
      restart.at,
      `tlxc.restart and lxc.ephemeral exclude each other: it is destroyed when it ends (${placeOf(ephemeral.at)})`,
    );
  if (restart) return;
  for (const { at } of [lifecycle.restartDelay, lifecycle.restartMax].flatMap(
    (key) => settings.last(key) ?? [],
  ))
    settings.warnings.push(`${placeOf(at)}: ${at.key ?? ''} does nothing without tlxc.restart`);
}

function checkHealth(settings: Settings): void {
  const { command, restart, ...others } = health;
  const ends = settings.last(restart);
  if (ends?.value === true && (settings.last(lifecycle.restart)?.value ?? 'no') === 'no')
    settings.problem(
      ends.at,
      `${restart.name} = 1 needs tlxc.restart = on-failure or always: it would be ended for good`,
    );
  if (settings.last(command)) return;
  const ready = settings.last(lifecycle.ready);
  if (ready?.value.some(({ kind }) => kind === 'healthy'))
    settings.problem(ready.at, `${lifecycle.ready.name} = healthy needs ${command.name}`, {
      word: 'healthy',
    });
  for (const { at } of [restart, ...Object.values(others)].flatMap(
    (key) => settings.last<unknown>(key) ?? [],
  ))
    settings.warnings.push(`${placeOf(at)}: ${at.key ?? ''} does nothing without ${command.name}`);
}

/** Inside, and of the pairs' ends on the host: a name is there once. */
function checkInterfaceNames(settings: Settings): void {
  for (const key of [network.name, network.vethPair]) {
    const seen = new Map<string, Sourced<string>>();
    for (const index of settings.networks()) {
      const name = settings.last(key, index);
      const other = name && seen.get(name.value);
      if (name && other) {
        const where = key === network.name ? 'inside' : 'on the host';
        const taken = `another interface is called ${name.value} ${where} already, at ${placeOf(other.at)}`;
        settings.problem(name.at, `${name.at.key ?? ''} = ${name.value}: ${taken}`, {});
      } else if (name) seen.set(name.value, name);
    }
  }
}

/** Absolute targets are the compiler's to place: they begin with the path of the root filesystem. */
function checkMountTargets(settings: Settings): void {
  const entries = settings.all(storage.entry).map(({ value, at }) => ({ mount: value.mount, at }));
  const base = settings.all(storage.base).map(({ value, at }) => ({ mount: value, at }));
  for (const { mount, at } of [...base, ...entries]) {
    if (!/^\.\.(\/|$)/.test(posix.normalize(mount.target))) continue;
    const message = `${at.key ?? ''}: ${mount.target} leads out of the root filesystem`;
    settings.problem(at, message, { word: mount.target });
  }
}
