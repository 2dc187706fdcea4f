/** Where images are measured: a filesystem nobody else writes to, and nobody has written to before. */
import { mkdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { run } from './sample.ts';

const SIZE = 16 * 2 ** 30;
/** What a part of the benchmark of six rounds writes, and more. */
const NEEDED = 8 * 2 ** 30;

/**
 * A new ext4 at `at` in a sparse file beside it, with nothing left for the kernel to make of it later. It is mounted in the world's
 * mount namespace, and both go with the world at the latest. On a filesystem in use the figures tell of its past: for minutes
 * ext4 passes over each inode that was freed (recently_deleted in fs/ext4/ialloc.c), so a tree of ten thousand files takes
 * seconds more where one was removed before, for whichever tool happens to come there; and a tool that waits until its files
 * are on disk waits for what everybody else has pending on the same filesystem.
 */
export function mountFreshExt4(at: string): void {
  const { bavail, bsize } = statfsSync(dirname(at));
  if (bavail * bsize < NEEDED) throw new Error(`${dirname(at)} has less than ${NEEDED / 2 ** 30} GiB left`);
  mkdirSync(at);
  const whole = '-E lazy_itable_init=0,lazy_journal_init=0';
  const line = `truncate -s ${SIZE} "$0.ext4"; mkfs.ext4 -q ${whole} "$0.ext4"; mount -o loop "$0.ext4" "$0"`;
  run(['sh', '-ec', line, at]);
}

/** Its room is free again, and nothing of it is still to be written when what comes next is measured. */
export function removeFreshExt4(at: string): void {
  run(['sh', '-ec', 'umount "$0"; rm "$0.ext4"', at]);
}
