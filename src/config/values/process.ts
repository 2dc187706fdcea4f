/** What init is given from outside: resource limits, kernel parameters, files of /proc/PID, groups. */
import { accepting, BadValue, type ParseContext } from '../key.ts';
import type { ProcFile, ResourceLimit, Sourced, Sysctl } from '../model.ts';
import { nearest } from '../nearest.ts';

/** The name of the key is what is wrong. */
const KEY = { part: 'key' } as const;

/** setrlimit(2), lower case and without RLIMIT_. */
const RESOURCES: readonly string[] =
  'as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  );

const UNLIMITED = 'unlimited';
/** The number that the kernel takes for "unlimited". */
const INFINITY = 2n ** 64n - 1n;

function amount(text: string): string {
  if (text === UNLIMITED || text === '-1') return UNLIMITED;
  if (/^\d{1,20}$/.test(text) && BigInt(text) < INFINITY) return String(BigInt(text));
  throw new BadValue('it must be SOFT or SOFT:HARD, each a whole number without a unit, or "unlimited"');
}

const above = (soft: string, hard: string): boolean =>
  hard !== UNLIMITED && (soft === UNLIMITED || BigInt(soft) > BigInt(hard));

function checkResource(name: string): void {
  if (RESOURCES.includes(name)) return;
  const meant = nearest(name.toLowerCase(), RESOURCES);
  const fault = { part: 'key', word: name, ...(meant && { nearest: meant }), allowed: RESOURCES } as const;
  throw new BadValue(`${name} is no resource`, fault);
}

/** "1024:2048", "unlimited"; one value is both. */
export const resourceLimit = accepting(
  { pattern: '(unlimited|-1|\\d+)(\\s*:\\s*(unlimited|-1|\\d+))?' },
  (value: string, { variable }: ParseContext): readonly ResourceLimit[] => {
    checkResource(variable);
    const [first = '', second, ...rest] = value.split(':').map((part) => part.trim());
    if (rest.length > 0) throw new BadValue('it must be SOFT or SOFT:HARD');
    const soft = amount(first);
    const hard = second === undefined ? soft : amount(second);
    if (above(soft, hard)) throw new BadValue('the soft limit must not be above the hard one');
    return [{ resource: variable, soft, hard }];
  },
);

export const showResourceLimit = ({ soft, hard }: ResourceLimit): string =>
  soft === hard ? soft : `${soft}:${hard}`;

/** Which namespace a kernel parameter belongs to: only these are a container's own. */
const NAMESPACED: readonly (readonly [RegExp, Sysctl['namespace']])[] = [
  [/^net\/./, 'net'],
  [/^kernel\/(shm[a-z_]*|msg[a-z_]*|sem|sem_next_id)$/, 'ipc'],
  [/^fs\/mqueue\/[a-z_]+$/, 'ipc'],
  [/^kernel\/(hostname|domainname)$/, 'uts'],
  [/^user\/[a-z_]+$/, 'user'],
];

/** The path below /proc/sys. As for sysctl(8), the separator that comes first is the one; the other may be in a name. */
function sysctlPath(name: string): string {
  const slashed = /^[^./]*\//.test(name);
  const parts = name.split(slashed ? '/' : '.');
  const part = slashed ? /^(?!\.\.?$)[A-Za-z0-9_.:@-]+$/ : /^[A-Za-z0-9_:@-]+$/;
  if (parts.length >= 2 && parts.every((each) => part.test(each))) return parts.join('/');
  throw new BadValue(`${name} is not the name of a kernel parameter, such as net.ipv4.ip_forward`, KEY);
}

/** net.ipv4.ip_forward or net/ipv4/ip_forward: a parameter that a namespace of the container has of its own. */
export function sysctl(value: string, { variable }: ParseContext): readonly Sysctl[] {
  const path = sysctlPath(variable);
  const namespace = NAMESPACED.find(([pattern]) => pattern.test(path))?.[1];
  if (namespace === undefined)
    throw new BadValue(
      `${variable} is of the whole host and not of a container, no namespace has its own; ` +
        'a container has net.*, kernel.shm*, kernel.msg*, kernel.sem, kernel.hostname, kernel.domainname, fs.mqueue.* and user.*',
      KEY,
    );
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\0-\x08\n-\x1f]/.test(value)) throw new BadValue('it must be one line of text');
  return [{ name: variable, path, namespace, value }];
}

const sameSysctl = ({ path }: Sysctl, variable: string): boolean =>
  path === variable || path === variable.replaceAll('.', '/');

export const otherSysctl = (value: Sysctl, variable: string): boolean => !sameSysctl(value, variable);

/** Files that other keys write, or that mean nothing for a process that has not begun. */
const NOT_HERE: Readonly<Record<string, string>> = {
  uid_map: 'lxc.idmap writes it',
  gid_map: 'lxc.idmap writes it',
  projid_map: 'lxc.idmap writes it',
  setgroups: 'lxc.idmap writes it',
  timens_offsets: 'lxc.time.offset.boot and lxc.time.offset.monotonic write it',
  comm: 'the program that becomes init gives the process its name',
  mem: 'it is the memory of the process',
};

/** oom_score_adj: one plain name, so that nothing but a file of the process itself can be meant. */
export function procFile(value: string, { variable }: ParseContext): readonly ProcFile[] {
  if (!/^[a-z][a-z0-9_]*$/.test(variable))
    throw new BadValue(`${variable} is not the name of a file in /proc/PID, such as oom_score_adj`, KEY);
  const reason = Object.hasOwn(NOT_HERE, variable) ? NOT_HERE[variable] : undefined;
  if (reason !== undefined) throw new BadValue(`${variable} cannot be set here: ${reason}`, KEY);
  return [{ file: variable, value }];
}

/** "5,6, 1000" */
export const groupIds = accepting({ pattern: '[\\d, ]*' }, (value: string): readonly number[] => {
  const ids = value.split(',').flatMap((part) => part.trim() || []);
  return ids.map((text) => {
    const id = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (id < 0xffff_ffff) return id;
    throw new BadValue(`${text} is not a group id; it must be numbers with commas between them`, {
      word: text,
    });
  });
});

/** A line replaces an earlier one of the same member of the family. */
export const replacing =
  <T>(member: (value: T) => string) =>
  (before: readonly Sourced<T>[], added: readonly Sourced<T>[]): readonly Sourced<T>[] => {
    const names = new Set(added.map(({ value }) => member(value)));
    return [...before.filter(({ value }) => !names.has(member(value))), ...added];
  };
