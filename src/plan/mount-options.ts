/** The fourth field of a mount entry, sorted into what mount(2) knows by flag, LXC's own words, and the rest. */

/** What a mount's attributes may be; the plan's and mount_setattr(2)'s vocabulary. */
const ATTRIBUTES = new Set(['ro', 'nosuid', 'nodev', 'noexec', 'nodiratime', 'nosymfollow']);
/** Of these a mount has one; the last counts. */
const ACCESS_TIMES = new Set(['noatime', 'relatime', 'strictatime']);
/** Words that take an attribute back. */
const CLEARS: Readonly<Record<string, string>> = {
  rw: 'ro',
  suid: 'nosuid',
  dev: 'nodev',
  exec: 'noexec',
  atime: 'noatime',
  diratime: 'nodiratime',
  norelatime: 'relatime',
  nostrictatime: 'strictatime',
};
/** Words that take back a flag of the filesystem. */
const FLAG_CLEARS: Readonly<Record<string, string>> = {
  async: 'sync',
  nolazytime: 'lazytime',
  nomand: 'mand',
};
/** Flags of the filesystem itself, not of one mount of it: no effect on a bind. */
const FILESYSTEM_FLAGS = new Set(['sync', 'dirsync', 'lazytime', 'mand']);
const PROPAGATION = new Set(
  ['private', 'shared', 'slave', 'unbindable'].flatMap((kind) => [kind, `r${kind}`]),
);
const OURS = new Set([
  'defaults',
  'bind',
  'rbind',
  'move',
  'remount',
  'optional',
  'relative',
  'create=dir',
  'create=file',
]);

export interface MountOptions {
  readonly attributes: readonly string[];
  /** Words that take an attribute back which was not set before: rw, dev … */
  readonly takenBack: readonly string[];
  /** sync, dirsync, lazytime, mand. */
  readonly flags: readonly string[];
  /** What only the filesystem itself knows. */
  readonly data: readonly string[];
  readonly propagation: string;
  readonly bind: boolean;
  readonly recursive: boolean;
  readonly moves: boolean;
  readonly remount: boolean;
  readonly optional: boolean;
  /** The source is below the root filesystem. */
  readonly relative: boolean;
  readonly create: 'none' | 'dir' | 'file';
  /** "", container, or a path. */
  readonly idmap: string;
  /** "", or UID:GID. */
  readonly owner: string;
}

const VALUED = ['idmap=', 'owner='];

const isOurs = (word: string): boolean =>
  OURS.has(word) || PROPAGATION.has(word) || VALUED.some((start) => word.startsWith(start));

interface Sorted {
  readonly attributes: Set<string>;
  readonly takenBack: Set<string>;
  readonly flags: Set<string>;
  readonly data: string[];
}

function sort(word: string, { attributes, takenBack, flags, data }: Sorted): void {
  const cleared = CLEARS[word];
  const clearedFlag = FLAG_CLEARS[word];
  if (cleared !== undefined) {
    attributes.delete(cleared);
    takenBack.add(word);
  } else if (clearedFlag !== undefined) {
    flags.delete(clearedFlag);
  } else if (ATTRIBUTES.has(word) || ACCESS_TIMES.has(word)) {
    if (ACCESS_TIMES.has(word)) ACCESS_TIMES.forEach((each) => attributes.delete(each));
    attributes.add(word);
  } else if (FILESYSTEM_FLAGS.has(word)) {
    flags.add(word);
  } else if (!isOurs(word)) {
    data.push(word);
  }
}

export function parseMountOptions(words: readonly string[]): MountOptions {
  const sorted: Sorted = { attributes: new Set(), takenBack: new Set(), flags: new Set(), data: [] };
  for (const word of words.filter((each) => each !== '')) sort(word, sorted);
  const has = (word: string): boolean => words.includes(word);
  const valueOf = (start: string): string =>
    words.findLast((word) => word.startsWith(start))?.slice(start.length) ?? '';
  return {
    attributes: [...sorted.attributes],
    takenBack: [...sorted.takenBack].filter((word) => !sorted.attributes.has(CLEARS[word] ?? '')),
    flags: [...sorted.flags],
    data: sorted.data,
    propagation: words.findLast((word) => PROPAGATION.has(word)) ?? '',
    bind: has('bind') || has('rbind'),
    recursive: has('rbind'),
    moves: has('move'),
    remount: has('remount'),
    optional: has('optional'),
    relative: has('relative'),
    create: has('create=dir') ? 'dir' : has('create=file') ? 'file' : 'none',
    idmap: valueOf('idmap='),
    owner: valueOf('owner='),
  };
}

export const isAccessTime = (word: string): boolean => ACCESS_TIMES.has(word) || word === 'nodiratime';

/** What the filesystem itself is told: the flags of its superblock, then its own options. */
export const filesystemOptions = ({ attributes, flags, data }: MountOptions): string[] => [
  ...(attributes.includes('ro') ? ['ro'] : []),
  ...flags,
  ...data,
];
