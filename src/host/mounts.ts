/** What is mounted in this process's view of the host. */
import { readFileSync, realpathSync } from 'node:fs';
import { TlxcError } from '../errors.ts';

/** proc_pid_mountinfo(5): blanks, backslashes and newlines of a path are written in octal. */
const unescaped = (field: string): string => {
  const bytes = field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString();
};

/** Mount points at the existing path or below it. */
function mountsBelow(path: string): string[] {
  const top = realpathSync(path);
  return readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .filter((point) => point === top || point.startsWith(`${top}/`));
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
