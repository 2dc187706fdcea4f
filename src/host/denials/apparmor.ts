/** A refusal of AppArmor's in words, and the rule that would allow it. apparmor.d(5) */
import type { AuditRecord } from './records.ts';

type Fields = AuditRecord['fields'];

export interface Refused {
  /** "mount ext4 on /mnt", after "may not". */
  readonly action: string;
  /** What would allow it, with its comma; "": no rule can be offered. */
  readonly rule: string;
  /** What allowing it opens. */
  readonly risk: string;
}

/** Of a path that a program named. AppArmor's patterns, quotes, and the line that the rule stands in must not be left by it. */
function pattern(path: string): string {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(path)) return '';
  return `"${path.replace(/[\\"*?[\]{}^]/g, '\\$&')}"`;
}

/** Of a filesystem's type, which mount(2) takes as it comes: a comma in it would begin a rule of its own. */
const typeRule = (type: string): string => (/^[\w.-]+$/.test(type) ? `fstype=${type}` : '');

const of = (fields: Fields, key: string): string => fields[key] ?? '';

/** A rule of these words; none where one of them could not be written. */
const rule = (...words: readonly string[]): string => (words.includes('') ? '' : `${words.join(' ')},`);

const MOUNT_RISK =
  'a filesystem, or another place of one, that no rule of the profile knows: what they keep away may be found there';
const FORGED_RISK =
  'the kernel reads a filesystem that the container may have forged, which can take over the host';
/** Filesystems that are no program's to forge. */
const OF_THE_KERNEL = /^(proc|sysfs|tmpfs|ramfs|devpts|mqueue|cgroup2?|overlay|securityfs|hugetlbfs|fuse.*)$/;

function mount(fields: Fields): Refused {
  const [type, where, from] = [of(fields, 'fstype'), of(fields, 'name'), of(fields, 'srcname')];
  // Beside another option "rw" would allow more than was asked for: apparmor_parser of Debian 12.
  const options = of(fields, 'flags')
    .split(/, */)
    .filter((flag) => flag !== '' && flag !== 'rw');
  const changes = options.filter((flag) => /^(remount|r?bind|move|make-.*)$/.test(flag));
  const listed = options.filter((flag) => flag !== 'remount').join(', ');
  const how = listed === '' ? '' : ` (${listed})`;
  const target = ['->', pattern(where)];
  if (changes.length > 0) {
    const again = options.includes('remount');
    const source = from !== '' && !again ? [pattern(from)] : [];
    return {
      action: again ? `remount ${where}${how}` : `mount ${from === '' ? '' : `${from} `}on ${where}${how}`,
      rule: rule('mount', `options=(${options.join(',')})`, ...source, ...target),
      risk: MOUNT_RISK,
    };
  }
  return {
    action: `mount ${type || from || 'something'} on ${where}${how}`,
    rule: rule('mount', ...(type === '' ? [] : [typeRule(type)]), ...target),
    risk: type === '' || OF_THE_KERNEL.test(type) ? MOUNT_RISK : FORGED_RISK,
  };
}

/** Letters of the kernel's mask as rules know them: to create, delete, chmod and chown is to write. */
function access(mask: string): string {
  const letters = mask.replace(/[cd]/g, 'w').match(/[rwaxmkl]/g) ?? [];
  const known = [...new Set<string>(letters)];
  return known
    .filter((letter) => letter !== 'a' || !known.includes('w'))
    .map((letter) => (letter === 'x' ? 'ix' : letter))
    .join('');
}

function file(fields: Fields): Refused {
  const [name, mask] = [of(fields, 'name'), of(fields, 'denied_mask')];
  return {
    action: `${of(fields, 'operation')} ${name}${mask === '' ? '' : ` (${mask})`}`,
    rule: rule(pattern(name), access(mask)),
    risk: 'the file, as the container sees it under any name of that kind, is open to all of its programs',
  };
}

const OTHERS_RISK = 'the processes of that profile are in its hands';

const process =
  (kind: 'ptrace' | 'signal') =>
  (fields: Fields): Refused => {
    const [mask, peer, signal] = [of(fields, 'denied_mask'), of(fields, 'peer'), of(fields, 'signal')];
    const set = kind === 'signal' && signal !== '' ? [`set=(${signal})`] : [];
    const what = kind === 'ptrace' ? `ptrace (${mask})` : `signal (${mask}) ${signal}`;
    return {
      action: `${what} with a process of ${peer}`,
      rule: rule(kind, `(${mask})`, ...set, `peer=${pattern(peer)}`),
      risk: OTHERS_RISK,
    };
  };

function profileChange(fields: Fields): Refused {
  const target = of(fields, 'target') || of(fields, 'name');
  return {
    action: `change to the profile ${target}`,
    rule: rule('change_profile', '->', pattern(target)),
    risk: 'what holds the container is then up to that profile',
  };
}

function socket(fields: Fields): Refused {
  const [family, type] = [of(fields, 'family'), of(fields, 'sock_type')];
  const words = [family, type].filter(Boolean);
  return {
    action: `${of(fields, 'operation')} a socket (${words.join(', ')})`,
    rule: family === 'unix' ? rule('unix', `(${of(fields, 'denied_mask')})`) : rule('network', ...words),
    risk: 'what that family reaches is open to all programs of the container',
  };
}

const WAYS: Readonly<Record<string, (fields: Fields) => Refused>> = {
  mount,
  umount: (fields) => ({
    action: `unmount ${of(fields, 'name')}`,
    rule: rule('umount', pattern(of(fields, 'name'))),
    risk: 'what is mounted there may be what hides something',
  }),
  pivotroot: (fields) => ({
    action: `make ${of(fields, 'name')} its root (pivot_root)`,
    rule: rule('pivot_root', pattern(of(fields, 'name'))),
    risk: 'the rules of the profile name paths, and these are then others',
  }),
  ptrace: process('ptrace'),
  signal: process('signal'),
  capable: (fields) => ({
    action: `use CAP_${of(fields, 'capname').toUpperCase()}`,
    rule: rule('capability', of(fields, 'capname')),
    risk: 'without a user namespace that is a power over the host',
  }),
  userns_create: () => ({
    action: 'make a user namespace',
    rule: 'userns,',
    risk: 'more of the kernel is open to programs without privileges',
  }),
};

/** What was refused, by the operation's name, and where that says too little by its fields. */
export function refusedBy({ fields }: AuditRecord): Refused {
  const operation = of(fields, 'operation');
  const way = WAYS[operation];
  if (way !== undefined) return way(fields);
  if (/^(change_|stack)/.test(operation)) return profileChange(fields);
  if (fields['family'] !== undefined) return socket(fields);
  return file(fields);
}

/** What a manager of containers inside needs, each of many rules: the key says them all. */
export const isNesting = ({ fields }: AuditRecord): boolean =>
  of(fields, 'operation') === 'pivotroot' ||
  (of(fields, 'operation') === 'mount' &&
    /^(proc|sysfs|overlay|cgroup2?|devpts)$/.test(of(fields, 'fstype')));
