/** An error of the system's that nobody has put into words: Node names the call, people are told what was to be done. */
import { errnoWords } from '../errno.ts';

export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;

const DONE: Readonly<Record<string, string>> = {
  access: 'look at',
  chmod: 'change the mode of',
  chown: 'change the owner of',
  connect: 'connect to',
  copyfile: 'copy',
  fsync: 'write out',
  ftruncate: 'change the size of',
  lchown: 'change the owner of',
  link: 'link',
  listen: 'listen on',
  lstat: 'look at',
  mkdir: 'make the directory',
  mkdtemp: 'make the directory',
  open: 'open',
  opendir: 'list',
  read: 'read',
  readlink: 'read the link',
  realpath: 'look at',
  rename: 'rename',
  rm: 'remove',
  rmdir: 'remove the directory',
  scandir: 'list',
  stat: 'look at',
  statfs: 'look at the filesystem of',
  symlink: 'make the link',
  unlink: 'remove',
  utime: 'change the times of',
  watch: 'watch',
  write: 'write',
};

/** "cannot list /srv/x: permission denied" */
export function systemMessage(error: NodeJS.ErrnoException): string {
  const { code = '', syscall = '', path = '' } = error;
  const dest = 'dest' in error && typeof error.dest === 'string' ? ` to ${error.dest}` : '';
  // "spawn PROGRAM" is a call with its object.
  const what = DONE[syscall] ?? syscall.replace(/^spawn(?=$| )/, 'run the program');
  const object = syscall.endsWith(` ${path}`) || path === '' ? '' : ` ${path}${dest}`;
  return `cannot ${what}${object}: ${errnoWords(code)}`;
}
