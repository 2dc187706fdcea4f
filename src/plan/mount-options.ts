/** The fourth field of a mount entry, sorted into what mount(2) knows by flag, LXC's own words, and the rest. */

/** What a mount's attributes may be; the plan's and mount_setattr(2)'s vocabulary. */
const ATTRIBUTES = new Set([
  ...['ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime', 'strictatime', 'nosymfollow'],
]);
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
const PROPAGATION = new Set(
  ['private', 'shared', 'slave', 'unbindable'].flatMap((kind) => [kind, `r${kind}`]),
);
/** Flags of the filesystem itself, not of one mount of it: no effect on a bind. */
const FILESYSTEM_FLAGS = new Set(['sync', 'dirsync', 'lazytime', 'mand']);
const DEFAULTS = new Set(['defaults', 'async', 'nolazytime', 'nomand', '']);

export interface MountOptions {
  readonly attributes: string[];
  readonly propagation: string;
  readonly bind: boolean;
  readonly recursive: boolean;
  readonly optional: boolean;
  /** The source is below the root filesystem. */
  readonly relative: boolean;
  readonly create: 'none' | 'dir' | 'file';
  /** "", container, or a path. */
  readonly idmap: string;
  /** What the filesystem itself is told. */
  readonly data: string[];
  /** Words that ask for something not built: move, remount. */
  readonly unsupported: string[];
}

export function parseMountOptions(words: readonly string[]): MountOptions {
  const attributes = new Set<string>();
  const data: string[] = [];
  for (const word of words) {
    const cleared = CLEARS[word];
    if (cleared !== undefined) attributes.delete(cleared);
    else if (ATTRIBUTES.has(word)) attributes.add(word);
    else if (FILESYSTEM_FLAGS.has(word) || !isWordOfOurs(word)) data.push(word);
  }
  return {
    attributes: [...attributes],
    propagation: words.findLast((word) => PROPAGATION.has(word)) ?? '',
    bind: words.includes('bind') || words.includes('rbind'),
    recursive: words.includes('rbind'),
    optional: words.includes('optional'),
    relative: words.includes('relative'),
    create: words.includes('create=dir') ? 'dir' : words.includes('create=file') ? 'file' : 'none',
    idmap: words.findLast((word) => word.startsWith('idmap='))?.slice('idmap='.length) ?? '',
    data,
    unsupported: words.filter((word) => word === 'move' || word === 'remount'),
  };
}

const OURS = new Set([
  'bind',
  'rbind',
  'optional',
  'relative',
  'create=dir',
  'create=file',
  'move',
  'remount',
]);

function isWordOfOurs(word: string): boolean {
  return OURS.has(word) || PROPAGATION.has(word) || DEFAULTS.has(word) || word.startsWith('idmap=');
}
