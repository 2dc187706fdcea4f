/** Device nodes of the host's in a container: at its start, and while it runs as tlxc-monitor makes and removes them. */
import { Origin, flag, names, record, text, whole } from './schema-parts.ts';
import { Type } from '@sinclair/typebox';

/** A device, and whom its node belongs to. */
export const HostNode = record('HostNode', {
  kind: names('DeviceKind', 'char', 'block'),
  major: whole,
  minor: whole,
  /** Permission bits. */
  mode: whole,
  /** Its owner, as the container counts. */
  uid: whole,
  gid: whole,
  /** A group of the container's own /etc/group that it belongs to instead, where there is one; "": none. */
  group: text,
  /** Where the container has a user namespace, in which none can be made: a node made outside is mounted. */
  mounted: flag,
  /** Whom it belongs to until it is there: the container's root, as the host counts. */
  rootUid: whole,
  rootGid: whole,
});

/** For a running container; not part of a plan. */
export const DeviceNode = record('DeviceNode', {
  /** Below the container's root: "dev/video0". */
  target: text,
  node: HostNode,
});

/** tlxc.device: one of the host's, as the configuration asks for it. */
export const GiveDevice = record('GiveDevice', {
  op: Type.Literal('give'),
  target: text,
  node: HostNode,
  /** The host's own node, which is bound where the monitor may make none (a plain user's); "": one is made. */
  bindFrom: text,
  /** The host may have lost it since (bindFrom). */
  optional: flag,
  origin: Origin,
});
