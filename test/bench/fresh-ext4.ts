/** Where images are measured: filesystems nobody else writes to, each step's containers on one nobody has written to before. */
import { mkdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { run } from './sample.ts';

const SIZE = 8 * 2 ** 30;
/** What the two filesystems of a part take at the most. */
const NEEDED = 8 * 2 ** 30;

/**
 * The command that makes a new ext4 at `at`, in a sparse file beside it, in place of the one that is there. On a filesystem in use
 * the figures tell of its past: for minutes ext4 passes over each inode that was freed (recently_deleted in fs/ext4/ialloc.c), so
 * a tree of ten thousand files takes seconds more where one was removed before, for whichever tool happens to come there; and a
 * tool that waits until its files are on disk waits for what everybody else has pending on the same filesystem.
 *
 * The loop device writes past the page cache (direct I/O), as a disk does: else everything would be in memory twice. And what the
 * step before has left in memory goes with its filesystem: in a virtual machine the first touch of a page that the host has not
 * given yet costs several times what writing it costs, and would be paid by whoever comes later.
 */
export function freshExt4(at: string): readonly string[] {
  const whole = 'lazy_itable_init=0,lazy_journal_init=0,nodiscard';
  const steps = [
    'mkdir -p "$0"',
    'if mountpoint -q "$0"; then umount "$0"; else truncate -s "$1" "$0.ext4"; fi',
    `mkfs.ext4 -q -F -E ${whole} "$0.ext4"`,
    'mount -o loop "$0.ext4" "$0"',
    'losetup --direct-io=on "$(findmnt -no SOURCE "$0")"',
    'sync -f "$0"',
  ];
  return ['sh', '-ec', steps.join('\n'), at, String(SIZE)];
}

/** Mounted in the world's mount namespace, where it goes with the world at the latest. */
export function mountFreshExt4(at: string): void {
  const { bavail, bsize } = statfsSync(dirname(at));
  if (bavail * bsize < NEEDED) throw new Error(`${dirname(at)} has less than ${NEEDED / 2 ** 30} GiB left`);
  mkdirSync(at);
  run(freshExt4(at));
}

/** Its room is free again, and nothing of it is still to be written when what comes next is measured. */
export function removeFreshExt4(at: string): void {
  run(['sh', '-ec', 'umount "$0"; rm "$0.ext4"', at]);
}
