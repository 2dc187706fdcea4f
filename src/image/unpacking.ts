/** One unpacking of a root filesystem: what it is given, and how its members are judged. */
import type { OnStage } from '../gauge.ts';
import type { Mapping } from '../host/mapped.ts';
import type { Arrival } from './arrival.ts';
import type { MemberScan } from './member-scan.ts';

export interface Unpacking {
  readonly archive: string;
  /** The archive is being written: its bytes are taken as they come. It must be whole at `archive` when it ends. */
  readonly arrival?: Arrival;
  /** Made by us, empty; the tree goes to WORK/rootfs. */
  readonly work: string;
  /** Members left out, "./dev/null"; what lies below ./dev always is. */
  readonly excludes: readonly string[];
  /** Device nodes outside /dev are let through. */
  readonly privileged: boolean;
  /** A user's container: owners in the archive are ids of this namespace. null, as for root: they are the host's. */
  readonly mapping?: Mapping | null;
  /** The system may lie in a rootfs/ of the archive's, as in Incus' images: its /dev is left out, too. */
  readonly nested?: boolean;
  readonly onStage?: OnStage | undefined;
}

/** One unpacking under way. */
export interface UnpackJob extends Unpacking {
  readonly mapping: Mapping | null;
  readonly rootfs: string;
  readonly jail: string;
  /** As Jail has it. */
  readonly within?: readonly string[];
  readonly scan: MemberScan;
  /** Bytes that a file may have, where it is no image's. */
  readonly largest?: number;
  /** It may grow to any multiple of its size: large files of zeros are honest there. The other limits stay. */
  readonly anyRatio?: boolean;
  /** Of an OCI image's layer, which goes over what is in the tree: tar's options for what is not unpacked, or elsewhere. */
  readonly layer?: readonly string[];
}

/** Throws what the scan found; devices are refused where a container may have none. */
export function checkScan({ scan, privileged }: Pick<UnpackJob, 'scan' | 'privileged'>): void {
  const [device] = scan.devices;
  if (device !== undefined && !privileged)
    scan.refuse(`${device} is a device node, which an unprivileged container may not have`);
  if (scan.refused) throw scan.refused;
}
