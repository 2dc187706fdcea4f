/** From settings to the typed ContainerConfig: defaults applied, files that a value names resolved. */
import type { Key } from './key.ts';
import type { ContainerConfig, InputFile, MountEntry, Sourced } from './model.ts';
import { networkConfig } from './network-config.ts';
import { mapped as map, optional } from './sourced.ts';
import { cgroup } from './registry/cgroup.ts';
import { credentials } from './registry/credentials.ts';
import { devices } from './registry/devices.ts';
import { health } from './registry/health.ts';
import { hooks, lifecycle } from './registry/lifecycle.ts';
import { namespaces } from './registry/namespaces.ts';
import { process } from './registry/process.ts';
import { security } from './registry/security.ts';
import { storage } from './registry/storage.ts';
import { system } from './registry/system.ts';
import type { Settings } from './settings.ts';
import { shippedPath } from './shipped.ts';

/** What a configuration is besides its settings. */
export interface Identity {
  readonly name: string;
  readonly lxcpath: string;
  readonly configFile: string;
}

export interface Parts {
  readonly identity: Identity;
  readonly settings: Settings;
  readonly inputs: readonly InputFile[];
  readonly fstabEntries: readonly Sourced<MountEntry>[];
}

/** Builds the configuration; it cannot fail: all that can be wrong was found when the settings were read. */
export function containerConfig({ identity, settings, inputs, fstabEntries }: Parts): ContainerConfig {
  return {
    ...identity,
    inputs,
    warnings: settings.warnings,
    ...optional('arch', settings.last(system.arch)),
    ...optional('utsName', settings.last(system.utsName)),
    ...storagePart(settings, fstabEntries),
    networks: settings
      .networks()
      .flatMap(
        (index) => networkConfig(settings, index, `${identity.lxcpath}\0${identity.name}\0${index}`) ?? [],
      ),
    ...devicesPart(settings),
    ...cgroupPart(settings),
    ...securityPart(settings),
    ...processPart(settings),
    init: initPart(settings),
    signals: {
      ...optional('halt', settings.last(system.signalHalt)),
      ...optional('reboot', settings.last(system.signalReboot)),
      ...optional('stop', settings.last(system.signalStop)),
    },
    environment: settings.all(system.environment),
    environmentRuntime: settings.all(system.environmentRuntime),
    environmentHooks: settings.all(system.environmentHooks),
    ...optional('executeCmd', wordsOf(settings, system.executeCmd)),
    log: {
      ...optional('file', settings.last(system.logFile)),
      ...optional('level', settings.last(system.logLevel)),
      ...optional('syslog', settings.last(system.logSyslog)),
    },
    ...lifecyclePart(settings),
  };
}

const flagOf = (settings: Settings, key: Key<boolean>): boolean => settings.last(key)?.value ?? false;
const numberOf = (settings: Settings, key: Key<number>): number => settings.last(key)?.value ?? 0;

type StoragePart = Pick<
  ContainerConfig,
  'rootfs' | 'fstabEntries' | 'mountEntries' | 'autoMounts' | 'lxcfs' | 'masked' | 'readonlyPaths'
>;

const withShippedSource = (mount: MountEntry): MountEntry => ({
  ...mount,
  source: shippedPath(mount.source),
});

function storagePart(settings: Settings, fstabEntries: Parts['fstabEntries']): StoragePart {
  return {
    rootfs: {
      ...optional('path', settings.last(storage.path)),
      ...optional('mount', settings.last(storage.mount)),
      ...optional('options', settings.last(storage.options)),
      ...optional('managed', settings.last(storage.managed)),
      ...optional('volatile', settings.last(storage.volatile)),
    },
    fstabEntries: [...settings.all(storage.base).map((one) => map(one, withShippedSource)), ...fstabEntries],
    mountEntries: settings.all(storage.entry).map((one) => map(one, ({ mount }) => mount)),
    autoMounts: settings.all(storage.auto),
    ...optional('lxcfs', settings.last(storage.lxcfs)),
    masked: settings.all(storage.masked),
    readonlyPaths: settings.all(storage.readonly),
  };
}

/** LXC's. */
const AUTODEV_SIZE = 500_000;

type DevicesPart = Pick<
  ContainerConfig,
  'devices' | 'autodev' | 'autodevSize' | 'ttyMax' | 'ttyDir' | 'ptyMax' | 'console'
>;

function devicesPart(settings: Settings): DevicesPart {
  return {
    devices: settings.all(devices.device),
    autodev: settings.last(devices.autodev)?.value ?? true,
    autodevSize: settings.last(devices.autodevSize)?.value ?? AUTODEV_SIZE,
    ttyMax: numberOf(settings, devices.ttyMax),
    ttyDir: settings.last(devices.ttyDir)?.value ?? '',
    ptyMax: numberOf(settings, devices.ptyMax),
    console: {
      ...optional('path', settings.last(devices.consolePath)),
      ...optional('logFile', settings.last(devices.consoleLogFile)),
      logSize: numberOf(settings, devices.consoleSize),
      rotate: flagOf(settings, devices.consoleRotate),
      bufferSize: numberOf(settings, devices.consoleBufferSize),
    },
  };
}

function cgroupPart(
  settings: Settings,
): Pick<ContainerConfig, 'cgroup1' | 'cgroup2' | 'cgroupDir' | 'cgroupRelative'> {
  return {
    cgroup1: settings.all(cgroup.v1),
    cgroup2: settings.all(cgroup.v2),
    cgroupRelative: flagOf(settings, cgroup.relative),
    cgroupDir: {
      ...optional('dir', settings.last(cgroup.dir)),
      ...optional('container', settings.last(cgroup.container)),
      ...optional('monitor', settings.last(cgroup.monitor)),
      ...optional('monitorPivot', settings.last(cgroup.pivot)),
      ...optional('containerInner', settings.last(cgroup.inner)),
    },
  };
}

export const startPart = (settings: Settings): ContainerConfig['start'] => ({
  auto: flagOf(settings, lifecycle.auto),
  delay: numberOf(settings, lifecycle.delay),
  order: numberOf(settings, lifecycle.order),
  after: settings.all(lifecycle.after),
  ...optional('ready', settings.last(lifecycle.ready)?.value),
  hasHealth: settings.last(health.command) !== undefined,
});

export const groupsPart = (settings: Settings): ContainerConfig['groups'] =>
  settings.all(lifecycle.group).map(({ value }) => value);

type LifecyclePart = Pick<
  ContainerConfig,
  'start' | 'restart' | 'health' | 'groups' | 'ephemeral' | 'monitor' | 'hooks' | 'hookVersion'
>;

function healthPart(settings: Settings): ContainerConfig['health'] {
  const { command, user, interval, timeout, retries, startPeriod, restart } = health;
  const number = (key: Key<number>) => settings.last(key)?.value ?? Number(key.fallback);
  return {
    ...optional('command', settings.last(command)),
    ...optional('user', settings.last(user)?.value),
    interval: number(interval),
    timeout: number(timeout),
    retries: number(retries),
    startPeriod: number(startPeriod),
    restart: flagOf(settings, restart),
  };
}

function lifecyclePart(settings: Settings): LifecyclePart {
  const ephemeral = settings.last(lifecycle.ephemeral);
  return {
    ...optional('ephemeral', ephemeral?.value ? map(ephemeral, () => true as const) : undefined),
    monitor: {
      unshare: flagOf(settings, lifecycle.monitorUnshare),
      ...optional('parentDeathSignal', settings.last(lifecycle.monitorPdeath)),
    },
    start: startPart(settings),
    restart: {
      policy: settings.last(lifecycle.restart)?.value ?? 'no',
      delay: settings.last(lifecycle.restartDelay)?.value ?? 1,
      max: numberOf(settings, lifecycle.restartMax),
    },
    health: healthPart(settings),
    groups: groupsPart(settings),
    hooks: [...hooks].flatMap(([hook, key]) =>
      settings.all(key).map((one) => map(one, (command) => ({ hook, command }))),
    ),
    hookVersion: settings.last(lifecycle.hookVersion)?.value ?? 0,
  };
}

/** A command line, in words. */
function wordsOf(settings: Settings, key: typeof system.initCmd): Sourced<readonly string[]> | undefined {
  const command = settings.last(key);
  return command && map(command, ({ words }) => words);
}

function initPart(settings: Settings): ContainerConfig['init'] {
  return {
    ...optional('cmd', wordsOf(settings, system.initCmd)),
    ...optional('cwd', settings.last(system.initCwd)),
    uid: numberOf(settings, system.initUid),
    gid: numberOf(settings, system.initGid),
    groups: settings.all(system.initGroups),
  };
}

type ProcessPart = Pick<
  ContainerConfig,
  | 'namespaces'
  | 'timeOffset'
  | 'limits'
  | 'sysctls'
  | 'procFiles'
  | 'credentials'
  | 'inheritsKeyring'
  | 'coreScheduling'
  | 'selinux'
>;

function processPart(settings: Settings): ProcessPart {
  const core = settings.last(process.schedCore);
  return {
    namespaces: {
      clone: settings.all(namespaces.clone),
      keep: settings.all(namespaces.keep),
      share: settings.all(namespaces.share),
    },
    timeOffset: {
      ...optional('boot', settings.last(namespaces.boot)),
      ...optional('monotonic', settings.last(namespaces.monotonic)),
    },
    limits: settings.all(process.limit),
    sysctls: settings.all(process.sysctl),
    procFiles: settings.all(process.procFile),
    credentials: [...settings.all(credentials.set), ...settings.all(credentials.load)],
    inheritsKeyring: flagOf(settings, process.keyringSession),
    ...optional('coreScheduling', core?.value === true ? core : undefined),
    selinux: {
      ...optional('context', settings.last(process.selinuxContext)),
      ...optional('keyring', settings.last(process.selinuxKeyring)),
    },
  };
}

type SecurityPart = Pick<
  ContainerConfig,
  'idmap' | 'capDrop' | 'capKeep' | 'noNewPrivs' | 'seccomp' | 'apparmor'
>;

function securityPart(settings: Settings): SecurityPart {
  const keep = settings.all(security.capKeep);
  const profile = settings.last(security.seccompProfile);
  return {
    idmap: settings.all(security.idmap),
    capDrop: settings.all(security.capDrop),
    capKeep: keep.length === 0 ? null : keep.filter(({ value }) => value !== 'none'),
    noNewPrivs: flagOf(settings, security.noNewPrivs),
    seccomp: {
      ...optional('profile', profile && map(profile, shippedPath)),
      allowNesting: flagOf(settings, security.seccompAllowNesting),
      ...optional('notifyProxy', settings.last(security.seccompNotifyProxy)),
      ...optional('notifyCookie', settings.last(security.seccompNotifyCookie)),
    },
    apparmor: {
      ...optional('profile', settings.last(security.apparmorProfile)),
      allowIncomplete: flagOf(settings, security.apparmorAllowIncomplete),
      allowNesting: flagOf(settings, security.apparmorAllowNesting),
      raw: settings.all(security.apparmorRaw),
    },
  };
}
