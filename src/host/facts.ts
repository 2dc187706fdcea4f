/** What this machine can do: read once, passed in to the pure compiler. */

export interface CgroupMount {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** v1: the controllers mounted together, or name=systemd; v2: those in cgroup.controllers. */
  readonly controllers: readonly string[];
}

export interface HostFacts {
  /** uname: kernel release, machine. */
  readonly kernelRelease: string;
  readonly machine: string;
  readonly cgroups: readonly CgroupMount[];
  /** "v1" (only v1), "hybrid" (v1 controllers beside a v2 tree), "v2". */
  readonly cgroupLayout: 'v1' | 'hybrid' | 'v2';
  readonly cgroupNamespaces: boolean;
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
  readonly seccomp: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly bootId: string;
  /** Signal numbers by name, RTMIN and RTMAX included. */
  readonly signals: Readonly<Record<string, number>>;
}
