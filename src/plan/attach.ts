/** What an attach will do, computed from what the container's monitor answers and what the caller asks: no I/O. */
import { join } from 'node:path';
import { attachEnvironment, type EnvironmentPolicy } from './attach-environment.ts';
import { withoutCredentials } from './credentials.ts';
import type { ResourceLimit } from '../config/model.ts';
import { TTY_GID } from './terminals.ts';
import type { Namespace } from './types.ts';

/** What a plan needs to know of the running container; its monitor's answer (MonitorInfo) has it all. */
export interface AttachSource {
  readonly namespaces: readonly string[];
  readonly cgroups: readonly {
    readonly version: number;
    readonly mountPoint: string;
    readonly innerGroup: string;
  }[];
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly apparmorProfile: string;
  readonly selinuxContext: string;
  readonly coreScheduling: boolean;
  readonly initPid: number;
  readonly limits: readonly ResourceLimit[];
  readonly personality: string;
  readonly environment: readonly string[];
  readonly idmap: readonly {
    readonly kind: 'uid' | 'gid';
    readonly inside: number;
    readonly outside: number;
    readonly count: number;
  }[];
}

/** What of an attached command stays the caller's rather than becoming the container's (tlxc-attach -e). */
export interface Elevation {
  readonly cgroup: boolean;
  readonly capabilities: boolean;
  /** LSM label and seccomp filter. */
  readonly lsm: boolean;
}

export const NO_ELEVATION: Elevation = { cgroup: false, capabilities: false, lsm: false };
export const FULL_ELEVATION: Elevation = { cgroup: true, capabilities: true, lsm: true };

export interface AttachOptions {
  /** Empty: the login shell of uid in the container. */
  readonly argv: readonly string[];
  /** Inside the container. */
  readonly uid: number;
  readonly gid: number;
  /** Supplementary ones; none unless given. */
  readonly groups?: readonly number[];
  readonly environment: EnvironmentPolicy;
  readonly cwd: string;
  /** It was asked for by name: where it cannot be entered, nothing runs. Else / takes its place. */
  readonly cwdAsked: boolean;
  readonly elevation: Elevation;
  /** -s: only these; undefined: all that the container has. */
  readonly namespaces?: readonly Namespace[] | undefined;
  /** -R. */
  readonly remount: boolean;
  /** -a; undefined: the container's. */
  readonly personality?: '' | 'linux32' | 'linux64' | undefined;
  /** -c, where the host has AppArmor; undefined: the container's. */
  readonly apparmorProfile?: string | undefined;
  /** -c, where the host has SELinux; undefined: the container's. */
  readonly selinuxContext?: string | undefined;
}

export interface AttachPlan {
  readonly namespaces: readonly Namespace[];
  /** The v2 group, made where it is missing: processes may not sit beside enabled v2 controllers. "": none. */
  readonly cgroupLeaf: string;
  /** The tasks files of the v1 groups. */
  readonly cgroupTasks: readonly string[];
  readonly capabilities: readonly string[] | null;
  readonly noNewPrivileges: boolean;
  /** Load the container's seccomp filter, if it has one. */
  readonly seccomp: boolean;
  readonly apparmorProfile: string;
  /** "": as the caller's. */
  readonly selinuxContext: string;
  /** The process whose core scheduling domain is joined; 0: none. */
  readonly corePid: number;
  readonly limits: readonly ResourceLimit[];
  readonly personality: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Owner of a new pty in the host's ids; null: the id is not mapped. */
  readonly terminalOwner: { readonly uid: number; readonly gid: number } | null;
  readonly environment: readonly string[];
  readonly identity: boolean;
  readonly remount: boolean;
  readonly cwd: string;
  readonly cwdAsked: boolean;
  readonly argv: readonly string[];
}

/** The v2 leaf for attached processes; LXC's is ".lxc". */
export const LEAF = '.tlxc';

/** The host's id for one inside, null where the map has none. Without a map both are the same. */
export function hostId(idmap: AttachSource['idmap'], kind: 'uid' | 'gid', inside: number): number | null {
  const ranges = idmap.filter((range) => range.kind === kind);
  if (ranges.length === 0) return inside;
  const range = ranges.find((each) => inside >= each.inside && inside < each.inside + each.count);
  return range ? range.outside + (inside - range.inside) : null;
}

function chosenNamespaces(info: AttachSource, wanted: AttachOptions['namespaces']): Namespace[] {
  const all = info.namespaces as readonly Namespace[];
  // One that the container shares with the host is where the caller is already.
  return all.filter((namespace) => wanted === undefined || wanted.includes(namespace));
}

function terminalOwner(
  info: AttachSource,
  uid: number,
  gid: number,
  mapped: boolean,
): AttachPlan['terminalOwner'] {
  const idmap = mapped ? info.idmap : [];
  const owner = hostId(idmap, 'uid', uid);
  const group = hostId(idmap, 'gid', TTY_GID) ?? hostId(idmap, 'gid', gid);
  return owner === null || group === null ? null : { uid: owner, gid: group };
}

/** Pure: the same answer of the monitor and the same options give the same plan. */
export function compileAttachPlan(info: AttachSource, options: AttachOptions): AttachPlan {
  const { uid, gid, cwd, argv, elevation } = options;
  const namespaces = chosenNamespaces(info, options.namespaces);
  const inMounts = namespaces.includes('mount');
  const groups = elevation.cgroup ? [] : info.cgroups.filter(({ innerGroup }) => innerGroup !== '');
  const unified = groups.find(({ version }) => version === 2);
  return {
    namespaces,
    cgroupLeaf: unified ? join(unified.mountPoint, unified.innerGroup, LEAF) : '',
    cgroupTasks: groups
      .filter(({ version }) => version === 1)
      .map(({ mountPoint, innerGroup }) => join(mountPoint, innerGroup, 'tasks')),
    capabilities: elevation.capabilities ? null : info.capabilities,
    noNewPrivileges: info.noNewPrivileges,
    // Names of files mean nothing to a filter, but its rules were written for the container's own view.
    seccomp: inMounts && !elevation.lsm,
    apparmorProfile: options.apparmorProfile ?? (elevation.lsm ? '' : info.apparmorProfile),
    selinuxContext: options.selinuxContext ?? (elevation.lsm ? '' : info.selinuxContext),
    corePid: info.coreScheduling ? info.initPid : 0,
    limits: info.limits,
    personality: options.personality ?? info.personality,
    uid,
    gid,
    groups: options.groups ?? [],
    terminalOwner: terminalOwner(info, uid, gid, namespaces.includes('user')),
    environment: attachEnvironment(withoutCredentials(info.environment), options.environment),
    identity: options.environment.base === 'clean',
    remount: options.remount && !inMounts,
    cwd,
    cwdAsked: options.cwdAsked,
    argv,
  };
}
