/** What this machine can do: read once, passed in to the pure compiler. */
import type { IdSpan } from './subordinate-ids.ts';

export interface CgroupMount {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** v1: the controllers mounted together, or name=systemd; v2: those in cgroup.controllers. */
  readonly controllers: readonly string[];
  /** The caller's group there, relative to mountPoint; "": its root. */
  readonly ownGroup: string;
}

/** The ids that there are in a user namespace. */
export interface NamespaceIds {
  readonly uids: readonly IdSpan[];
  readonly gids: readonly IdSpan[];
}

/** What a plain user has for containers: host/user.ts. */
export interface UserFacts {
  readonly name: string;
  readonly subuids: readonly IdSpan[];
  readonly subgids: readonly IdSpan[];
  /** As HostFacts has it. */
  readonly nested: NamespaceIds | null;
  /** What other users have. */
  readonly otherSubuids: readonly IdSpan[];
  readonly otherSubgids: readonly IdSpan[];
  /** Absolute paths; "": not installed. */
  readonly newUidMap: string;
  readonly newGidMap: string;
  /** Of these two, those that may map nothing: neither set-user-id root nor with a capability of their own. */
  readonly powerless: readonly string[];
  /** Where tlxc-user-nic lies, and whether the administrator lets it act for users. */
  readonly nic: string;
  readonly nicIsSetuid: boolean;
  /** passt, absolute path; "": not installed. */
  readonly passt: string;
  /** /dev/net/tun, of which an interface is made that passt carries the traffic of. */
  readonly tun: 'open' | 'closed' | 'absent';
  /** An interface with a link-local address of IPv6, that of the default route before others; lo: there is none. */
  readonly linkLocal: string;
  /** kernel.unprivileged_userns_clone, "" where the kernel has no such switch. */
  readonly usernsClone: string;
  /** user.max_user_namespaces, "" without user namespaces. */
  readonly maxUserNamespaces: string;
  /** By mount point: where the user may make groups. */
  readonly cgroups: Readonly<Record<string, DelegatedGroup>>;
}

export interface DelegatedGroup {
  /** Relative to the mount point. */
  readonly group: string;
  /** Those that it can hand down. */
  readonly controllers: readonly string[];
}

export interface AppArmorFeatures {
  /** The profile of this process, or unconfined. */
  readonly label: string;
  /** A second profile, of a policy namespace of its own, may be put upon one: containers may then have AppArmor inside. */
  readonly stacking: boolean;
  /** The kernel enforces rules for mounts. */
  readonly mounts: boolean;
  /** The path of apparmor_parser, which loads profiles; "" where it is not installed. */
  readonly parser: string;
  /** Root may load profiles: the machine's, and a container's where AppArmor keeps policy for it alone. */
  readonly loads: boolean;
}

/** Each is read when it is first asked for, and stays: two may be of different moments. */
export interface HostFacts {
  /** uname: kernel release; machine, where a mips that begins with the low byte ends in el. */
  readonly kernelRelease: string;
  readonly machine: string;
  readonly cgroups: readonly CgroupMount[];
  /** "v1" (only v1), "hybrid" (v1 controllers beside a v2 tree), "v2". */
  readonly cgroupLayout: 'v1' | 'hybrid' | 'v2';
  readonly cgroupNamespaces: boolean;
  /** The files by which this kernel weighs block devices in v2: by iocost, by BFQ. */
  readonly blockWeights: readonly ('io.weight' | 'io.bfq.weight')[];
  readonly timeNamespaces: boolean;
  readonly selinux: boolean;
  /** Capability names the kernel knows, in number order. */
  readonly capabilities: readonly string[];
  /** Names in the bounding set of this process: none other can be kept. */
  readonly boundingCapabilities: readonly string[];
  /** mount_setattr(MOUNT_ATTR_IDMAP) exists; whether one filesystem takes it is found when it is tried. */
  readonly idmappedMounts: boolean;
  readonly overlay: boolean;
  /** Overlay takes idmapped lower and upper layers. */
  readonly overlayOnIdmapped: boolean;
  readonly apparmor: boolean;
  /** Names of the profiles that AppArmor has loaded; [] without it, or where the list may not be read. */
  readonly apparmorProfiles: readonly string[];
  readonly apparmorFeatures: AppArmorFeatures;
  /** The host's network has IPv6. */
  readonly ipv6: boolean;
  readonly seccomp: boolean;
  /** What is mounted below /proc. */
  readonly procMounts: readonly string[];
  /** This process runs under a filter of system calls already. */
  readonly filtered: boolean;
  readonly uid: number;
  readonly gid: number;
  /**
   * null: this is the first user namespace. Else TLXC runs in an unprivileged container, whose root the kernel lets neither
   * make or open device nodes, map the ids of mounts, attach loop devices, write lists of devices nor see trusted.* attributes.
   */
  readonly nested: NamespaceIds | null;
  /** The kernel lets this process make device nodes: root of the first user namespace, not of a container's. */
  readonly makesNodes: boolean;
  /** null: root. */
  readonly user: UserFacts | null;
  readonly bootId: string;
  /** Signal numbers by name, RTMIN and RTMAX included. */
  readonly signals: Readonly<Record<string, number>>;
}
