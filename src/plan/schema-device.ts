/** A device node for a running container, as tlxc-monitor makes and removes it; not part of a plan. */
import { flag, names, record, text, whole } from './schema-parts.ts';

export const DeviceNode = record('DeviceNode', {
  /** Below the container's root: "dev/video0". */
  target: text,
  kind: names('DeviceKind', 'char', 'block'),
  major: whole,
  minor: whole,
  /** Permission bits. */
  mode: whole,
  /** Where the container has a user namespace, in which none can be made: a node made outside is mounted. */
  mounted: flag,
  /** Its owner then, as the host counts. */
  uid: whole,
  gid: whole,
});
