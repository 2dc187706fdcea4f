/** What the kernel says of a container's init: /proc/PID. What is read there may be the container's own words. */
import { readFileSync, readlinkSync } from 'node:fs';
import type { Live } from './live.ts';
import { CAPABILITIES } from '../../config/values/security.ts';

/** undefined where the process has ended, or may not be looked at. */
export function proc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}

function link(pid: number, file: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${file}`);
  } catch {
    return undefined;
  }
}

const field = (pid: number, name: string): string | undefined =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(proc(pid, 'status') ?? '')?.[1];

/** The lines of /proc/PID/uid_map: inside, outside, count. */
const maps = (pid: number, kind: 'uid' | 'gid'): readonly (readonly number[])[] =>
  (proc(pid, `${kind}_map`) ?? '').split('\n').map((line) => line.trim().split(/\s+/).map(Number));

/** An id of the host as the container knows it. */
function inside(pid: number, kind: 'uid' | 'gid', id: string | undefined): string | undefined {
  if (id === undefined || id === '') return undefined;
  const map = maps(pid, kind).find(
    ([, outside = 0, count = 0]) => Number(id) >= outside && Number(id) < outside + count,
  );
  return map && String(Number(id) - (map[1] ?? 0) + (map[0] ?? 0));
}

const id =
  (kind: 'uid' | 'gid', name: string): Live =>
  ({ pid }) =>
    inside(pid, kind, field(pid, name)?.split('\t')[0]);

const groups: Live = ({ pid }) =>
  (field(pid, 'Groups') ?? '')
    .split(' ')
    .flatMap((group) => inside(pid, 'gid', group) ?? [])
    .join(' ');

const environment: Live = ({ pid }, { value }) => {
  const [name = ''] = value.split('=');
  return proc(pid, 'environ')
    ?.split('\0')
    .find((line) => line.startsWith(`${name}=`));
};

const idmap: Live = ({ pid }, { value }) => {
  const [letter, first] = value.split(' ');
  const line = maps(pid, letter === 'u' ? 'uid' : 'gid').find(([begin]) => String(begin) === first);
  return line && `${letter} ${line.join(' ')}`;
};

const capability: Live = ({ pid }, { value }) => {
  const bounding = field(pid, 'CapBnd');
  const number = CAPABILITIES.includes(value) ? CAPABILITIES.indexOf(value) : Number(value);
  if (bounding === undefined || Number.isNaN(number)) return undefined;
  return (BigInt(`0x${bounding}`) >> BigInt(number)) & 1n ? 'held' : 'not held';
};

/** PER_LINUX32 is 8 in the lowest byte of personality(2). */
const personality: Live = ({ pid }) => {
  const value = proc(pid, 'personality');
  return value && ((parseInt(value, 16) & 0xff) === 8 ? 'i686' : 'x86_64');
};

const seccomp: Live = ({ pid }) => {
  const [mode, filters] = [field(pid, 'Seccomp'), field(pid, 'Seccomp_filters')];
  return mode === '2' ? `filtered (${filters ?? '?'})` : mode && 'not filtered';
};

const LIMITS: Readonly<Record<string, string>> = {
  ...{ as: 'address space', core: 'core file size', cpu: 'cpu time', data: 'data size', fsize: 'file size' },
  ...{ locks: 'file locks', memlock: 'locked memory', msgqueue: 'msgqueue size', nice: 'nice priority' },
  ...{ nofile: 'open files', nproc: 'processes', rss: 'resident set', rtprio: 'realtime priority' },
  ...{ rttime: 'realtime timeout', sigpending: 'pending signals', stack: 'stack size' },
};

const limit: Live = ({ pid }, { key }) => {
  const label = LIMITS[key.replace('lxc.prlimit.', '')];
  const [, soft, hard] =
    new RegExp(`^Max ${label}\\s+(\\w+)\\s+(\\w+)`, 'm').exec(proc(pid, 'limits') ?? '') ?? [];
  return soft === undefined ? undefined : soft === hard ? soft : `${soft}:${hard}`;
};

const clock: Live = ({ pid }, { key }) => {
  const name = key.endsWith('.boot') ? 'boottime' : 'monotonic';
  const [, seconds, nanoseconds] =
    new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(proc(pid, 'timens_offsets') ?? '') ?? [];
  return seconds && `${seconds}s${nanoseconds === '0' ? '' : ` ${nanoseconds}ns`}`;
};

const label: Live = ({ pid }) => proc(pid, 'attr/apparmor/current') ?? proc(pid, 'attr/current');

/** Keys that init itself shows the effect of. */
export const processKeys: Readonly<Record<string, Live>> = {
  'lxc.arch': personality,
  'lxc.init.cmd': ({ pid }) => proc(pid, 'cmdline')?.replace(/\0$/, '').replaceAll('\0', ' '),
  'lxc.init.cwd': ({ pid }) => link(pid, 'cwd'),
  'lxc.init.uid': id('uid', 'Uid'),
  'lxc.init.gid': id('gid', 'Gid'),
  'lxc.init.groups': groups,
  'lxc.environment': environment,
  'lxc.environment.runtime': environment,
  'lxc.idmap': idmap,
  'lxc.cap.drop': capability,
  'lxc.cap.keep': capability,
  'lxc.no_new_privs': ({ pid }) => field(pid, 'NoNewPrivs'),
  'lxc.seccomp.profile': seccomp,
  'lxc.apparmor.profile': label,
  'lxc.selinux.context': ({ pid }) => proc(pid, 'attr/current'),
  'lxc.prlimit.*': limit,
  'lxc.proc.*': ({ pid }, { key }) => proc(pid, key.slice('lxc.proc.'.length)),
  'lxc.time.offset.boot': clock,
  'lxc.time.offset.monotonic': clock,
  'lxc.namespace.share.*': ({ pid }, { key }) => link(pid, `ns/${key.slice('lxc.namespace.share.'.length)}`),
};
