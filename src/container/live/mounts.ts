/** What the mount table of a running container says. */
import type { Live } from './live.ts';
import { proc } from './process.ts';

interface Mount {
  readonly point: string;
  readonly options: string;
  readonly type: string;
  readonly source: string;
  readonly superOptions: string;
}

/** /proc/PID/mountinfo; of several at one place the last, which is the one that is seen. */
function mountAt(pid: number, point: string): Mount | undefined {
  const mounts = (proc(pid, 'mountinfo') ?? '').split('\n').map((line): Mount => {
    const [own = '', filesystem = ''] = line.split(' - ');
    const [, , , , at = '', options = ''] = own.split(' ');
    const [type = '', source = '', superOptions = ''] = filesystem.split(' ');
    return { point: at, options, type, source, superOptions };
  });
  return mounts.findLast((mount) => mount.point === point);
}

const described = (mount: Mount | undefined): string =>
  mount ? `${mount.type} ${mount.options}` : 'not mounted';

const isLxcfs = (mount: Mount | undefined): boolean => mount?.type === 'fuse.lxcfs';

/** A target below the root filesystem; mountinfo writes blanks as fstab(5) does. */
const entry: Live = ({ pid }, { value }) => {
  const [, target = '/'] = value.split(/\s+/);
  return target.startsWith('/') ? undefined : described(mountAt(pid, `/${target.replace(/\/+$/, '')}`));
};

const auto: Live = ({ pid }, { value }) => {
  const [what = ''] = value.split(':');
  return described(mountAt(pid, what.startsWith('cgroup') ? '/sys/fs/cgroup' : `/${what}`));
};

const path: Live = ({ pid }, { value }) => described(mountAt(pid, value));

export const mountKeys: Readonly<Record<string, Live>> = {
  'lxc.rootfs.path': ({ pid }) => {
    const root = mountAt(pid, '/');
    return root && `${root.type} ${root.source}`;
  },
  'lxc.rootfs.options': ({ pid }) => mountAt(pid, '/')?.options,
  'lxc.mount.auto': auto,
  'lxc.mount.entry': entry,
  'tlxc.mount.base': entry,
  'tlxc.mount.lxcfs': ({ pid }) => (isLxcfs(mountAt(pid, '/proc/meminfo')) ? 'over /proc' : 'not mounted'),
  'tlxc.mount.masked': path,
  'tlxc.mount.readonly': path,
  'lxc.pty.max': ({ pid }) => /\bmax=(\d+)/.exec(mountAt(pid, '/dev/pts')?.superOptions ?? '')?.[1],
};
