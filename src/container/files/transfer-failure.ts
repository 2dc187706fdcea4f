/** What a person is told of a copy between host and container that did not come about, or not wholly. */
import { errnoName } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import type { Ended } from '../../host/program.ts';
import type { StepFailure } from '../../monitor/protocol.ts';

export type Side = 'host' | 'container';

interface Words {
  readonly message: string;
  readonly hint?: string;
}

/** By tlxc-transfer's word for it. */
const REASONS: Readonly<Record<string, (path: string) => Words>> = {
  special: (path) => ({
    message: `${path} is a device, pipe or socket, not a file`,
    hint: 'only files, directories and links are copied',
  }),
  tree: (path) => ({
    message: `${path} is a directory`,
    hint: 'a recursive copy (-r) takes it with all that is in it',
  }),
  'a directory': (path) => ({
    message: `${path} is a directory, and a file was to be written`,
    hint: 'with a slash at its end files go into it',
  }),
  'not a directory': (path) => ({
    message: `${path} is no directory`,
    hint: 'name a directory, or copy one file to a name of its own',
  }),
  'no directory': (path) => ({
    message: `there is no directory ${path}`,
    hint: 'make it, or let it be made (-p)',
  }),
  'too deep': (path) => ({ message: `${path} lies too deep`, hint: 'copy it by its own path' }),
  moved: (path) => ({
    message: `${path} was moved while it was copied`,
    hint: 'copy it again once nobody renames what it is in',
  }),
  "another user's link": (path) => ({
    message: `${path} is a link that another user has put there, and is not followed`,
    hint: 'name the file itself',
  }),
};

const hintFor = (errno: string, { syscall }: StepFailure): string | undefined => {
  if (['ENOTDIR', 'ELOOP'].includes(errno) && syscall === 'openat')
    return 'a link or file is where a directory of the tree has to be: remove it, or choose another target';
  return undefined;
};

function wordsOf(name: string, failure: StepFailure, side: Side): Words & { readonly errno?: string } {
  const path = failure.path === '-' ? 'the standard stream' : JSON.stringify(failure.path).slice(1, -1);
  const known = REASONS[failure.detail]?.(path);
  if (known) return known;
  const errno = errnoName(failure.errno);
  if (errno === 'EINVAL' && failure.detail !== '')
    return {
      message: `${path} cannot belong to ${failure.detail}: the container has no such ids`,
      hint: 'say whose it is to be (--uid 0 --gid 0)',
    };
  // Without the path: it may be a word of the container's root's, and hints are pasted into shells.
  const look = side === 'container' ? `tlxc-attach -n ${name} -- ls` : 'ls';
  const hint = hintFor(errno, failure) ?? (errno === 'ENOENT' ? `"${look}" shows what is there` : undefined);
  const place = side === 'container' ? ' in the container' : ' on the host';
  if (errno === 'ENOENT') return { message: `there is no ${path}${place}`, ...(hint && { hint }) };
  return {
    message: `cannot copy ${path}${place} (${[failure.syscall, failure.detail].filter(Boolean).join(', ')})`,
    ...(failure.errno !== 0 && { errno }),
    ...(hint && { hint }),
  };
}

/** Throws nothing: gives the error. */
export function transferError(
  name: string,
  {
    side,
    ended,
    failure,
  }: { readonly side: Side; readonly ended: Ended; readonly failure: StepFailure | null },
): TlxcError {
  if (failure && failure.step !== 'transfer')
    return new TlxcError({
      code: 'TLXC_E_SYSCALL',
      message: `the container's files cannot be reached: ${[failure.step, failure.syscall, failure.path, failure.detail].filter(Boolean).join(', ')}`,
      container: name,
      ...(failure.errno !== 0 && { errno: errnoName(failure.errno) }),
      ...(failure.file !== '' && { where: { file: failure.file, line: failure.line, key: failure.key } }),
    });
  if (failure && failure.detail !== 'cut') {
    const words = wordsOf(name, failure, side);
    const gone = errnoName(failure.errno) === 'ENOENT' || failure.detail === 'no directory';
    return new TlxcError({ code: gone ? 'TLXC_E_NOT_FOUND' : 'TLXC_E_SYSCALL', container: name, ...words });
  }
  if (ended.signal === 'SIGALRM')
    return new TlxcError({
      code: 'TLXC_E_TIMEOUT',
      message: 'a filesystem of the container does not answer',
      container: name,
      hint: 'what is mounted there? tlxc-attach shows it: cat /proc/mounts',
    });
  return cutShort(name, ended);
}

function cutShort(name: string, ended: Ended): TlxcError {
  if (ended.signal === 'SIGPIPE')
    return new TlxcError({
      code: 'TLXC_E_SYSCALL',
      message: 'the copy was cut short',
      container: name,
      errno: 'EPIPE',
      hint: 'what was to read it has ended: see what that complains of',
    });
  const how = ended.signal ?? `exit status ${ended.status}`;
  return new TlxcError({
    code: 'TLXC_E_SYSCALL',
    message: `the copy was cut short (${how})${ended.errorLines.map((line) => `: ${line}`).join('')}`,
    container: name,
  });
}

/** A warning of something in a tree that was not copied. */
export const leftOut = ({ path, detail }: StepFailure): string =>
  detail === 'mount'
    ? `${path}: another filesystem is mounted there; left out (name it to copy it)`
    : `${path}: a device, pipe or socket; left out`;
