/** A minimal configuration and the three kinds of hosts, for tests of the compiler that build their input by hand. */
import type { ContainerConfig, NetworkConfig, Sourced, SystemConfig } from '../../src/config/model.ts';
import { NO_APPARMOR } from '../../src/host/apparmor.ts';
import { CAPABILITY_NAMES } from '../../src/host/capabilities.ts';
import type { HostFacts } from '../../src/host/facts.ts';
import { Findings, type Compilation } from '../../src/plan/input.ts';
import type { StartInput, StartOptions } from '../../src/plan/start-plan.ts';

export const FILE = '/var/lib/tlxc/u1/config';

let nextLine = 1;
/** A value written in a line of its own of FILE. */
export const written = <T>(value: T, key = 'lxc.test'): Sourced<T> => ({
  value,
  at: { file: FILE, line: nextLine++, key },
});

/** An interface of which only the type is written. */
export const network = (
  type: NetworkConfig['type']['value'],
  more: Partial<NetworkConfig> = {},
): NetworkConfig => ({
  index: 0,
  type: written(type, 'lxc.net.0.type'),
  ipv4: [],
  forwards: [],
  ipv6: [],
  veth: { ipv4Routes: [], ipv6Routes: [], taggedVlans: [] },
  ...more,
});

export const minimalConfig: ContainerConfig = {
  name: 'u1',
  lxcpath: '/var/lib/tlxc',
  configFile: FILE,
  inputs: [],
  warnings: [],
  rootfs: {
    path: { value: 'dir:/var/lib/tlxc/u1/rootfs', at: { file: FILE, line: 1, key: 'lxc.rootfs.path' } },
  },
  idmap: [],
  networks: [],
  mountEntries: [],
  fstabEntries: [],
  autoMounts: [],
  masked: [],
  readonlyPaths: [],
  devices: [],
  autodev: true,
  autodevSize: 500_000,
  ttyMax: 0,
  ttyDir: '',
  ptyMax: 0,
  console: { logSize: 0, rotate: false, bufferSize: 0 },
  capDrop: [],
  capKeep: null,
  cgroup1: [],
  cgroup2: [],
  cgroupDir: {},
  cgroupRelative: false,
  signals: {},
  init: { uid: 0, gid: 0, groups: [] },
  namespaces: { clone: [], keep: [], share: [] },
  timeOffset: {},
  limits: [],
  sysctls: [],
  procFiles: [],
  credentials: [],
  inheritsKeyring: false,
  selinux: {},
  environment: [],
  environmentRuntime: [],
  environmentHooks: [],
  log: {},
  monitor: { unshare: false },
  seccomp: { allowNesting: false },
  apparmor: { allowIncomplete: false, allowNesting: false, raw: [] },
  start: { auto: false, delay: 0, order: 0, after: [], hasHealth: false },
  restart: { policy: 'no', delay: 1, max: 0 },
  health: { interval: 30, timeout: 30, retries: 3, startPeriod: 30, restart: false },
  groups: [],
  hooks: [],
  hookVersion: 0,
  noNewPrivs: false,
};

const v1 = (mountPoint: string, ...controllers: string[]) => ({
  version: 1 as const,
  mountPoint: `/sys/fs/cgroup/${mountPoint}`,
  controllers,
  ownGroup: 'user/login',
});

const v2 = (mountPoint: string, ...controllers: string[]) => ({
  version: 2 as const,
  mountPoint,
  controllers,
  ownGroup: 'user/login',
});

const HIERARCHIES_V1 = [
  v1('cpu,cpuacct', 'cpu', 'cpuacct'),
  v1('memory', 'memory'),
  v1('devices', 'devices'),
  v1('pids', 'pids'),
  v1('blkio', 'blkio'),
  v1('systemd', 'name=systemd'),
];

export const hybridHost: HostFacts = {
  kernelRelease: '6.18.0',
  machine: 'x86_64',
  cgroups: [...HIERARCHIES_V1, v2('/sys/fs/cgroup/unified', 'hugetlb')],
  cgroupLayout: 'hybrid',
  cgroupNamespaces: true,
  blockWeights: ['io.bfq.weight'],
  timeNamespaces: true,
  selinux: false,
  capabilities: CAPABILITY_NAMES,
  boundingCapabilities: CAPABILITY_NAMES.filter((name) => name !== 'sys_resource'),
  idmappedMounts: true,
  overlay: true,
  overlayOnIdmapped: true,
  apparmor: false,
  apparmorProfiles: [],
  ipv6: true,
  seccomp: true,
  procMounts: [],
  filtered: false,
  apparmorFeatures: NO_APPARMOR,
  uid: 0,
  nested: null,
  makesNodes: true,
  gid: 0,
  user: null,
  bootId: '00000000-0000-0000-0000-000000000000',
  signals: { SIGINT: 2, SIGKILL: 9, SIGRTMIN: 34 },
};

export const v1Host: HostFacts = { ...hybridHost, cgroups: HIERARCHIES_V1, cgroupLayout: 'v1' };

export const v2Host: HostFacts = {
  ...hybridHost,
  cgroups: [v2('/sys/fs/cgroup', 'cpuset', 'cpu', 'io', 'memory', 'pids')],
  cgroupLayout: 'v2',
};

/** Debian's kernel, with apparmor_parser; no stacking, so that labels are plain. */
export const apparmorHost: HostFacts = {
  ...v2Host,
  apparmor: true,
  apparmorFeatures: {
    label: 'unconfined',
    stacking: false,
    mounts: true,
    parser: '/sbin/apparmor_parser',
    loads: true,
  },
};

export const system: SystemConfig = {
  lxcpath: '/var/lib/tlxc',
  defaultConfig: '/etc/tlxc/default.conf',
  runDir: '/run/tlxc',
  cacheDir: '/var/cache/tlxc',
  stateDir: '/var/lib/tlxc/.state',
  imageServers: ['https://images.linuxcontainers.org'],
  imageOffline: false,
  imageCa: null,
  imageKeyring: null,
  settings: {},
  cgroupPattern: '',
  cgroupUse: [],
};

export const options: StartOptions = {
  runDir: '/run/tlxc/key/u1',
  dnsRecord: '/run/tlxc.names/dns/u1@0123456789abcdef',
  foreground: false,
  share: {},
  environment: { PATH: '/usr/bin:/bin', SECRET: 'hunter2' },
};

interface Changes {
  readonly config?: Partial<ContainerConfig>;
  readonly host?: HostFacts;
  readonly system?: Partial<SystemConfig>;
  readonly options?: Partial<StartOptions>;
  readonly files?: StartInput['files'];
}

export function startInput(changes: Changes = {}): StartInput {
  return {
    config: { ...minimalConfig, ...changes.config },
    host: changes.host ?? hybridHost,
    system: { ...system, ...changes.system },
    options: { ...options, ...changes.options },
    files: changes.files ?? {},
  };
}

/** The same for one concern's compiler, with findings to look at. */
export function compilation(changes: Changes = {}): Compilation {
  return { ...startInput(changes), findings: new Findings() };
}

/** A user namespace of 65,536 ids. */
export const idmap = (['uid', 'gid'] as const).map((kind) =>
  written({ kind, inside: 0, outside: 100_000, count: 65_536 }, 'lxc.idmap'),
);
