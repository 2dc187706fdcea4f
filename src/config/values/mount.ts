/** Mounts: lines of fstab(5), and what lxc.mount.auto asks for. */
import { accepting, BadValue, type ParseContext } from '../key.ts';
import type { AutoMount, MountEntry, Sourced } from '../model.ts';

/** fstab(5): blanks and backslashes inside a field are written in octal. */
const unescape = (field: string): string =>
  field.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));

/** SOURCE TARGET TYPE [OPTIONS [DUMP PASS]]; fields are parted by blanks. */
export function mountEntry(value: string, { warn }: Pick<ParseContext, 'warn'>): MountEntry {
  const fields = value.split(/[ \t]+/).filter(Boolean);
  const [source, target, fstype, options = 'defaults', dump = '0', pass = '0', extra] = fields;
  if (source === undefined || target === undefined || fstype === undefined) {
    throw new BadValue('it must be SOURCE TARGET TYPE OPTIONS, as a line of fstab(5)');
  }
  if (!/^\d+$/.test(dump) || !/^\d+$/.test(pass)) {
    throw new BadValue('only two numbers may follow SOURCE TARGET TYPE OPTIONS; write a blank in a path as \\040');
  }
  if (extra !== undefined) warn(`what follows the two numbers is not read: ${extra}`);
  return {
    source: unescape(source),
    target: unescape(target),
    fstype: unescape(fstype),
    options: options.split(',').filter(Boolean).map(unescape),
  };
}

const escape = (field: string): string =>
  field.replace(/[ \t\n\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** A mount as one line of fstab(5). */
export const showMountEntry = ({ source, target, fstype, options }: MountEntry): string =>
  `${[source, target, fstype, options.join(',') || 'defaults'].map(escape).join(' ')} 0 0`;

/** The mounts of an fstab file, each with its line, 1-based. */
export function* fstabLines(text: string): Generator<{ readonly line: number; readonly text: string }> {
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line !== '' && !line.startsWith('#')) yield { line: index + 1, text: line };
  }
}

const DEFERRED = /^(shmounts|cgroup2)(:|$)/;

function autoMount(token: string): AutoMount {
  if (DEFERRED.test(token)) throw new BadValue(`${token} is not supported by this version of TLXC`, { word: token });
  const [what, mode = '', force] = token.split(':');
  if ((what === 'proc' || what === 'sys') && force === undefined) {
    if (mode === '' || mode === 'mixed') return { what, mode: 'mixed' };
    if (mode === 'rw' || (mode === 'ro' && what === 'sys')) return { what, mode };
  }
  if (what === 'cgroup' || what === 'cgroup-full') return cgroupMount(token, what);
  throw new BadValue(
    `${token} is none of proc, proc:mixed, proc:rw, sys, sys:mixed, sys:ro, sys:rw, cgroup, cgroup-full ` +
      '(both also with :mixed, :ro or :rw, and then :force)',
    { word: token },
  );
}

function cgroupMount(token: string, what: 'cgroup' | 'cgroup-full'): AutoMount {
  const [, mode, force] = /^cgroup(?:-full)?(?::(mixed|ro|rw))?(:force)?$/.exec(token) ?? [];
  if (mode === undefined && force === undefined && token !== what) {
    throw new BadValue(`${token} must end in :mixed, :ro or :rw, and may add :force`, { word: token });
  }
  return { what, mode: (mode ?? 'default') as 'mixed' | 'ro' | 'rw' | 'default', force: force !== undefined };
}

const CGROUP_MOUNTS = ['cgroup', 'cgroup-full'].flatMap((what) =>
  ['', ':mixed', ':ro', ':rw'].flatMap((mode) => [what + mode, `${what}${mode}:force`]),
);
const AUTO_MOUNTS = ['proc', 'proc:mixed', 'proc:rw', 'sys', 'sys:mixed', 'sys:ro', 'sys:rw', ...CGROUP_MOUNTS];

export const autoMounts = accepting(
  { words: AUTO_MOUNTS, several: true },
  (value: string): readonly AutoMount[] => value.split(/[ \t]+/).map(autoMount),
);

const family = ({ what }: AutoMount): string => (what === 'cgroup-full' ? 'cgroup' : what);
const FAMILIES = ['proc', 'sys', 'cgroup'];

/** A token replaces an earlier one of its family: sys:rw after sys:mixed is sys:rw. They end up in LXC's order. */
export function mergeAutoMounts(
  before: readonly Sourced<AutoMount>[],
  added: readonly Sourced<AutoMount>[],
): readonly Sourced<AutoMount>[] {
  const last = new Map([...before, ...added].map((setting) => [family(setting.value), setting]));
  return FAMILIES.flatMap((name) => last.get(name) ?? []);
}

export function showAutoMount(mount: AutoMount): string {
  const mode = mount.mode === 'default' ? '' : `:${mount.mode}`;
  return `${mount.what}${mode}${'force' in mount && mount.force ? ':force' : ''}`;
}
