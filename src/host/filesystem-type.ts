/** What filesystem a file or device holds, as blkid(8) finds out by its superblock. */
import { spawnSync } from 'node:child_process';

const PATIENCE_MS = 10_000;

/** A type as mount(2) takes it: ext4, squashfs …; "" where blkid knows none or cannot read it. */
export function filesystemType(path: string): string {
  const { stdout } = spawnSync('blkid', ['-p', '-o', 'value', '-s', 'TYPE', '--', path], {
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // null where there is no blkid, whatever the types say.
  return (stdout as string | null)?.trim() ?? '';
}
