/** Where images are measured: a filesystem nobody else writes to, and nobody has written to before. */
import { mkdirSync } from 'node:fs';
import { run } from './sample.ts';

/**
 * A new ext4 at `at`, as mkfs.ext4 makes it, in a sparse file beside it. It is mounted in the world's mount namespace, and gone
 * with it. On a filesystem in use the figures tell of its past: for minutes ext4 passes over each inode that was freed
 * (recently_deleted in fs/ext4/ialloc.c), so a tree of ten thousand files takes seconds more where one was removed before,
 * for whichever tool happens to come there; and a tool that waits until its files are on disk waits for what everybody else
 * has pending on the same filesystem.
 */
export function mountFreshExt4(at: string): void {
  mkdirSync(at);
  const line = 'truncate -s 16G "$0.ext4"; mkfs.ext4 -q "$0.ext4"; mount -o loop "$0.ext4" "$0"';
  run(['sh', '-ec', line, at]);
}

/** Its room is free again, and nothing of it is still to be written when what comes next is measured. */
export function removeFreshExt4(at: string): void {
  run(['sh', '-ec', 'umount "$0"; rm "$0.ext4"', at]);
}
