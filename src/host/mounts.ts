/** What is mounted in this process's view of the host. */
import { realpathSync, statfsSync } from 'node:fs';
import { TlxcError } from '../errors.ts';
import { allMounts, mountOf } from '../mountinfo.ts';

/** Mount points at the existing path or below it. */
function mountsBelow(path: string): string[] {
  const top = realpathSync(path);
  return allMounts()
    .map(({ point }) => point)
    .filter((point) => point === top || point.startsWith(`${top}/`));
}

/** Whether something is mounted below the existing path, other than at it. */
export const isMountedBelow = (path: string): boolean =>
  mountsBelow(path).some((point) => point !== realpathSync(path));

const OVERLAYFS_MAGIC = 0x794c7630;

/** Whether the existing path lies on an overlay, which can be no other overlay's upper directory. */
export const liesOnOverlay = (path: string): boolean => statfsSync(path).type === OVERLAYFS_MAGIC;

/** Whether the existing path lies on a shared mount. */
export function liesOnShared(path: string): boolean {
  return mountOf(realpathSync(path))?.shared === true;
}

/** Throws TLXC_E_BUSY where something is mounted there: it could be a directory of this very filesystem, bound. */
export function refuseMounted(path: string): void {
  const [point] = mountsBelow(path);
  if (point === undefined) return;
  throw new TlxcError({
    code: 'TLXC_E_BUSY',
    message: `${point} is still mounted: nothing there was deleted`,
    path: point,
    hint: `umount ${point}, and try again`,
  });
}
