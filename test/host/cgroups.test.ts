import test from 'ava';
import { cgroupLayout, parseCgroupMounts } from '../../src/host/cgroups.ts';

const HYBRID = `23 1 0:21 / / rw - ext4 /dev/root rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
42 31 0:38 / /mnt/again rw,relatime - cgroup2 cgroup2 rw
`;

test('a hybrid host: every hierarchy once, with what belongs to it', (t) => {
  const mounts = parseCgroupMounts({
    mountinfo: HYBRID,
    membership: '9:name=systemd:/user.slice\n1:cpu,cpuacct:/\n0::/user.slice/a b.scope\n',
    controllersOf: (mountPoint) => {
      t.is(mountPoint.split('/').length > 2, true);
      return 'hugetlb pids\n';
    },
  });
  t.deepEqual(mounts, [
    { version: 1, mountPoint: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu', 'cpuacct'], ownGroup: '' },
    {
      version: 1,
      mountPoint: '/sys/fs/cgroup/systemd',
      controllers: ['name=systemd'],
      ownGroup: 'user.slice',
    },
    {
      version: 2,
      mountPoint: '/sys/fs/cgroup/unified',
      controllers: ['hugetlb', 'pids'],
      ownGroup: 'user.slice/a b.scope',
    },
  ]);
  t.is(cgroupLayout(mounts), 'hybrid');
  t.is(cgroupLayout(mounts.slice(0, 2)), 'v1');
});

test('a unified host, mounted at a place with a blank', (t) => {
  const mounts = parseCgroupMounts({
    mountinfo: '9 1 0:5 / /a\\040b rw - cgroup2 none rw\n',
    membership: '0::/\n',
    controllersOf: () => '',
  });
  t.deepEqual(mounts, [{ version: 2, mountPoint: '/a b', controllers: [], ownGroup: '' }]);
  t.is(cgroupLayout(mounts), 'v2');
});

test('the own group is told as the mount shows it; one outside of it is not', (t) => {
  const own = (root: string, group: string): string | undefined =>
    parseCgroupMounts({
      mountinfo: `9 1 0:5 /.. /c rw - cgroup2 none rw\n10 9 0:5 ${root} /c rw - cgroup2 none rw\n`,
      membership: `0::${group}\n`,
      controllersOf: () => '',
    })[0]?.ownGroup;
  t.is(own('/docker/x', '/docker/x/a'), 'a');
  t.is(own('/docker/x', '/docker/xy'), '');
  t.is(own('/', '/../up'), '');
});
