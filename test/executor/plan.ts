/** Start plans made by hand, for tests that ask the executor for exactly one thing. */
import { join } from 'node:path';
import { bindStep, filesystemStep } from '../../src/plan/mount-steps.ts';
import type { Origin, StartPlan, TreeStep } from '../../src/plan/types.ts';

export const ORIGIN: Origin = { file: '/etc/example/config', line: 7, key: 'lxc.mount.entry' };
const ALL_NAMESPACES: StartPlan['namespaces'] = ['user', 'mount', 'pid', 'uts', 'ipc', 'net', 'cgroup'];
/** Of the host's ids, far from what its own containers use. */
export const OUTSIDE = 700_000_000;

export interface PlanOptions {
  /** A directory of the test's own: the run directory and the mount point lie in it. */
  readonly scratch: string;
  readonly rootfs: string;
  /** The command of init. */
  readonly argv: readonly string[];
  /** false: no user namespace, as the configuration of a privileged container asks. */
  readonly unprivileged?: boolean;
  readonly change?: (plan: StartPlan) => void;
}

type Step<Op> = Extract<TreeStep, { op: Op }>;

export const filesystem = (
  fstype: string,
  target: string,
  more: Partial<Step<'filesystem'>> = {},
): TreeStep =>
  filesystemStep({ fstype, target, attributes: ['nosuid', 'nodev', 'noexec'], origin: ORIGIN, ...more });

export const bind = (source: string, target: string, more: Partial<Step<'bind'>> = {}): TreeStep =>
  bindStep({ source, target, origin: ORIGIN, ...more });

export const mask = (target: string): TreeStep => ({ op: 'mask', target, origin: ORIGIN });
export const readonly = (target: string): TreeStep => ({ op: 'readonly', target, origin: ORIGIN });

const device = (name: string, minor: number, bound: boolean): TreeStep => ({
  op: 'device',
  target: `dev/${name}`,
  major: 1,
  minor,
  mode: 0o666,
  bindFrom: bound ? `/dev/${name}` : '',
  origin: ORIGIN,
});

const rootfsAt = (source: string, scratch: string, unprivileged: boolean): StartPlan['rootfs'] => ({
  ...{ kind: 'bind', source, lower: [], upper: '', tmpfs: [], work: '', fstype: '' },
  mountPath: join(scratch, 'mnt'),
  idmap: unprivileged ? 'container' : '',
  ...{ attributes: [], options: [], propagation: 'rprivate' },
  origin: { ...ORIGIN, line: 1, key: 'lxc.rootfs.path' },
});

/** A container with all seven namespaces, /dev, /proc, a console and nothing else. */
export function makePlan({ scratch, rootfs, argv, unprivileged = true, change }: PlanOptions): StartPlan {
  const ids = { inside: 0, outside: OUTSIDE, count: 65_536, origin: ORIGIN };
  const plan: StartPlan = {
    version: 1,
    health: null,
    name: 'x1',
    lxcpath: scratch,
    runDir: join(scratch, 'run'),
    configFile: join(scratch, 'config'),
    inputs: [],
    logFile: '',
    logLevel: 'ERROR',
    logFacility: 0,
    journal: { directory: '', size: 0, files: 1 },
    monitor: {
      ...{ pidFile: '', foreground: false, unshare: false, afterStop: [], removeAtEnd: [] },
      ...{ restart: null, title: '' },
    },
    hooks: {
      ...{
        preStart: [],
        preMount: [],
        mount: [],
        autodev: [],
        startHost: [],
        start: [],
        stop: [],
        postStop: [],
      },
      version: 0,
      environment: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
      insideEnvironment: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
      childEnvironment: [],
    },
    namespaces: ALL_NAMESPACES.filter((each) => unprivileged || each !== 'user'),
    shared: [],
    user: null,
    clockOffsets: [],
    idmap: unprivileged
      ? [
          { kind: 'uid', ...ids },
          { kind: 'gid', ...ids },
        ]
      : [],
    cgroups: { hierarchies: [], deviceRules: [], allowSuffix: false },
    rootfs: rootfsAt(rootfs, scratch, unprivileged),
    hostname: 'x1',
    tree: [
      filesystem('tmpfs', 'dev', { attributes: ['nosuid', 'noexec'], options: ['mode=755', 'size=500000'] }),
      filesystem('proc', 'proc'),
    ],
    devices: [device('null', 3, unprivileged), device('zero', 5, unprivileged)],
    terminals: {
      ...{ devpts: true, devptsMax: 0, devptsGid: 5, console: 'pty', consolePath: '', consoleLog: '' },
      ...{
        consoleLogSize: 0,
        consoleLogRotate: false,
        consoleBuffer: 0,
        ttys: 2,
        ttyDir: '',
        origin: ORIGIN,
      },
    },
    protect: [],
    interfaces: [],
    forwards: null,
    sysctls: [],
    limits: [],
    procFiles: [],
    security: {
      capabilities: ['chown', 'dac_override', 'fowner', 'kill', 'setgid', 'setuid', 'sys_admin', 'mknod'],
      noNewPrivileges: false,
      newKeyring: true,
      apparmorProfile: '',
      selinuxContext: '',
      keyringContext: '',
      selinuxOrigin: ORIGIN,
      apparmorGenerated: null,
      seccomp: null,
    },
    signals: { halt: 0, reboot: 2, stop: 9, parentDeath: 9 },
    restore: null,
    init: {
      argv: [...argv],
      program: '',
      cwd: '/',
      uid: 0,
      gid: 0,
      groups: [],
      ...{ coreScheduling: false, environment: ['container=lxc', 'PATH=/sbin:/bin'] },
      personality: '',
      origin: { ...ORIGIN, line: 9, key: 'lxc.init.cmd' },
    },
  };
  change?.(plan);
  return plan;
}
