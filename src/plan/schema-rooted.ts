/** The tree of a container for a program that is no part of it, as tlxc-monitor gives it to one; not part of a plan. */
import { Type } from '@sinclair/typebox';
import { IdMapEntry, Rootfs, User } from './schema.ts';
import { flag, record } from './schema-parts.ts';

export const Rooted = record('Rooted', {
  /** Of one that is stopped. */
  rootfs: Rootfs,
  /** Those that its files on disk have; []: the files have the ids that the container sees. */
  idmap: Type.Array(IdMapEntry),
  user: Type.Union([User, Type.Null()]),
  /** It runs, its init's pidfd is descriptor 3, and the root filesystem is taken from there. The rest then says nothing. */
  running: flag,
  /** It runs with a user namespace of its own. */
  mapped: flag,
});
