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
    throw new BadValue(
      'only two numbers may follow SOURCE TARGET TYPE OPTIONS; write a blank in a path as \\040',
    );
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

function autoMount(token: string): AutoMount {
  const [what, mode = '', force] = token.split(':');
  if ((what === 'proc' || what === 'sys') && force === undefined) {
    if (mode === '' || mode === 'mixed') return { what, mode: 'mixed' };
    if (mode === 'rw' || (mode === 'ro' && what === 'sys')) return { what, mode };
  }
  if (what === 'shmounts') return mountTunnel(token);
  if (what === 'cgroup' || what === 'cgroup-full' || what === 'cgroup2') return cgroupMount(token, what);
  throw new BadValue(
    `${token} is none of proc, proc:mixed, proc:rw, sys, sys:mixed, sys:ro, sys:rw, cgroup, cgroup-full ` +
      '(both also with :mixed, :ro or :rw, and then :force), cgroup2, cgroup2:ro (both also with :force), ' +
      'shmounts:HOST[:CONTAINER]',
    { word: token },
  );
}

const CGROUP_TOKEN = {
  cgroup: /^cgroup(?::(mixed|ro|rw))?(:force)?$/,
  'cgroup-full': /^cgroup-full(?::(mixed|ro|rw))?(:force)?$/,
  cgroup2: /^cgroup2(?::(ro))?(:force)?$/,
};

function cgroupMount(token: string, what: keyof typeof CGROUP_TOKEN): AutoMount {
  const match = CGROUP_TOKEN[what].exec(token);
  const modes = what === 'cgroup2' ? ':ro' : ':mixed, :ro or :rw';
  if (!match)
    throw new BadValue(`${token}: after ${what} there may be ${modes}, and then :force`, { word: token });
  const [, mode, force] = match;
  return { what, mode: (mode ?? 'default') as 'mixed' | 'ro' | 'rw' | 'default', force: force !== undefined };
}

function mountTunnel(token: string): AutoMount {
  const [, host = '', container = '', ...rest] = token.split(':');
  if (rest.length === 0 && host.startsWith('/') && (container === '' || container.startsWith('/'))) {
    return { what: 'shmounts', host, container: container === '' ? '/dev/.lxc-mounts' : container };
  }
  throw new BadValue(
    `${token} must be shmounts:HOST or shmounts:HOST:CONTAINER, both absolute paths of directories`,
    {
      word: token,
    },
  );
}

const CGROUP_MOUNTS = ['cgroup', 'cgroup-full'].flatMap((what) =>
  ['', ':mixed', ':ro', ':rw'].flatMap((mode) => [what + mode, `${what}${mode}:force`]),
);
const CGROUP2_MOUNTS = ['cgroup2', 'cgroup2:ro', 'cgroup2:force', 'cgroup2:ro:force'];
const SYSTEM_MOUNTS = ['proc', 'proc:mixed', 'proc:rw', 'sys', 'sys:mixed', 'sys:ro', 'sys:rw'];

export const autoMounts = accepting(
  {
    words: [...SYSTEM_MOUNTS, ...CGROUP_MOUNTS, ...CGROUP2_MOUNTS],
    pattern: 'shmounts:/[^:]*(:/[^:]*)?',
    several: true,
  },
  (value: string): readonly AutoMount[] => value.split(/[ \t]+/).map(autoMount),
);

const family = ({ what }: AutoMount): string => (what.startsWith('cgroup') ? 'cgroup' : what);
const FAMILIES = ['proc', 'sys', 'cgroup', 'shmounts'];

/** A token replaces an earlier one of its family: sys:rw after sys:mixed is sys:rw. They end up in LXC's order. */
export function mergeAutoMounts(
  before: readonly Sourced<AutoMount>[],
  added: readonly Sourced<AutoMount>[],
): readonly Sourced<AutoMount>[] {
  const last = new Map([...before, ...added].map((setting) => [family(setting.value), setting]));
  return FAMILIES.flatMap((name) => last.get(name) ?? []);
}

export function showAutoMount(mount: AutoMount): string {
  if (mount.what === 'shmounts') return `shmounts:${mount.host}:${mount.container}`;
  const mode = mount.mode === 'default' ? '' : `:${mount.mode}`;
  return `${mount.what}${mode}${'force' in mount && mount.force ? ':force' : ''}`;
}
