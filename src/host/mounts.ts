/** What is mounted in this process's view of the host. */
import { readFileSync, realpathSync } from 'node:fs';
import { TlxcError } from '../errors.ts';

/** proc_pid_mountinfo(5): blanks, backslashes and newlines of a path are written in octal. */
const unescaped = (field: string): string => {
  const bytes = field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString();
};

interface Mount {
  readonly point: string;
  /** What is mounted below it shows in its peers, too. */
  readonly shared: boolean;
}

/** In the order in which they were mounted. */
const allMounts = (): readonly Mount[] =>
  readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .map((line) => ({ point: unescaped(line.split(' ')[4] ?? ''), shared: / shared:\d+ .*- /.test(line) }));

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

/** Whether the existing path lies on a shared mount. */
export function liesOnShared(path: string): boolean {
  const real = realpathSync(path);
  const above = allMounts().filter(
    ({ point }) => real === point || `${real}/`.startsWith(`${point.replace(/\/$/, '')}/`),
  );
  const [nearest] = above.toReversed().sort((left, right) => right.point.length - left.point.length);
  return nearest?.shared === true;
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
