/** What can be done about an error whose place has nothing better to say: by the kernel's reason, then by the code. */
import { missingHint, rightsHint } from './kept-out.ts';
import { quotaHint, readOnlyHint, roomHint } from './room.ts';

/** What of an error decides: ErrorDetails has all of it. */
interface Failed {
  readonly code: string;
  readonly container?: string;
  readonly path?: string;
  readonly step?: string;
  readonly errno?: string;
  readonly hint?: string;
  readonly problems?: readonly unknown[];
  readonly findings?: readonly unknown[];
}

type Remedy = (failed: Failed) => string;

/** A step of a start or an attach names its places as the container sees them: on the host those are others. */
const ofHost = ({ path, step }: Failed): string | undefined =>
  path?.startsWith('/') && step === undefined ? path : undefined;

const BE_ROOT = 'be root (sudo)';

const rights: Remedy = (failed) => {
  const place = ofHost(failed);
  if (place !== undefined) return rightsHint(place);
  return failed.path
    ? `look at the owner and mode of ${failed.path} and what is above it (ls -ld), or be root`
    : BE_ROOT;
};

/** Of what a directory's owner may not do either, modes tell nothing. */
const privilege: Remedy = (failed) =>
  ofHost(failed) !== undefined && process.geteuid?.() !== 0
    ? `root may (sudo), unless ${failed.path} is immutable (lsattr -d)`
    : rights(failed);

const room: Remedy = (failed) => {
  const place = ofHost(failed);
  return place === undefined ? 'make room (df)' : (roomHint(place) ?? '');
};
const quota: Remedy = (failed) => {
  const place = ofHost(failed);
  return place === undefined ? 'make room, or have the quota raised (df, quota)' : quotaHint(place);
};

const missing: Remedy = (failed) => {
  const place = ofHost(failed);
  return (
    (place === undefined ? undefined : missingHint(place)) ??
    (failed.path ? `look whether ${failed.path} is there, and the directory that it lies in (ls -ld)` : '')
  );
};

const readOnly: Remedy = (failed) => {
  const place = ofHost(failed);
  return place === undefined
    ? `${failed.path || 'the filesystem'} can only be read: choose another place`
    : readOnlyHint(place);
};

const lacking: Remedy = () => 'tlxc-doctor looks for what this host lacks';

const BY_ERRNO: Readonly<Record<string, Remedy>> = {
  EACCES: rights,
  EPERM: privilege,
  ENOSPC: room,
  EDQUOT: quota,
  ENOENT: missing,
  ENOTDIR: missing,
  EISDIR: ({ path }) => (path ? `name a file: ${path} is a directory` : ''),
  EEXIST: ({ path }) => (path ? `choose another name, or move ${path} away` : ''),
  ENOTEMPTY: ({ path }) => (path ? `look what is left in ${path} (ls -A)` : ''),
  ENAMETOOLONG: () => 'choose a shorter name: 255 bytes are the limit of one, 4095 of a whole path',
  ELOOP: ({ path }) =>
    path
      ? `a link is in the way to ${path} where none may be, or links lead in a circle: name the place itself`
      : '',
  EXDEV: () => 'the two places are on different filesystems: choose both on one',
  ETXTBSY: ({ path }) => (path ? `${path} is being executed: end what runs it (fuser -v ${path})` : ''),
  EFBIG: () => 'it is larger than this filesystem, or ulimit -f, allows',
  EROFS: readOnly,
  EMFILE: () => 'raise the limit of open files (ulimit -n)',
  ENFILE: () => 'raise fs.file-max: the host has too many open files',
  ENOMEM: () => 'make memory free',
  EIO: () => 'look for failures of the disk (dmesg)',
};

const BY_CODE: Readonly<Record<string, Remedy>> = {
  TLXC_E_NOT_RUNNING: ({ container }) => `tlxc-start -n ${container ?? 'NAME'} starts it`,
  TLXC_E_RUNNING: ({ container }) => `tlxc-stop -n ${container ?? 'NAME'} stops it`,
  TLXC_E_SYSCALL: ({ path }) => `${path ? `look at ${path}; ` : ''}the kernel's log (dmesg) may tell more`,
  TLXC_E_FROZEN: ({ container }) => `tlxc-unfreeze -n ${container ?? 'NAME'} lets it go on`,
  TLXC_E_UNRESPONSIVE: ({ container }) =>
    `try again: the machine may be busy (uptime); tlxc-stop -k -n ${container ?? 'NAME'} kills its monitor and the container`,
  TLXC_E_BUSY: () => 'try again when that is done',
  TLXC_E_TIMEOUT: () =>
    'give it more time, or see what it waits for: a log of level TRACE (-l TRACE -o FILE) has it',
  TLXC_E_PERMISSION: rights,
  TLXC_E_UNSUPPORTED: lacking,
  TLXC_E_NETWORK: lacking,
  TLXC_E_STORAGE: lacking,
  TLXC_E_HOOK: () => 'run the hook by hand to see what it lacks, or take its line out',
  TLXC_E_TEMPLATE: () => 'mend what the template complains of, and try again',
  TLXC_E_IMAGE: () => 'fetch it again, or take another',
  TLXC_E_INTERNAL: () => 'please report it, with a log of level TRACE (-l TRACE -o FILE)',
};

/** undefined: the error tells enough (problems or findings), or its hint is the caller's, as a program's --help is. */
export function remedyOf(failed: Failed): string | undefined {
  const { hint, problems = [], findings = [], errno = '', code } = failed;
  // Of the place where descriptors ran out nothing is to be mended, whatever its own hint is.
  if (errno === 'EMFILE' || errno === 'ENFILE') return BY_ERRNO[errno]?.(failed);
  if (hint || problems.length > 0 || findings.length > 0) return hint;
  return BY_ERRNO[errno]?.(failed) || BY_CODE[code]?.(failed);
}
