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
  const mounts = parseCgroupMounts(HYBRID, (mountPoint) => {
    t.is(mountPoint.split('/').length > 2, true);
    return 'hugetlb pids\n';
  });
  t.deepEqual(mounts, [
    { version: 1, mountPoint: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu', 'cpuacct'] },
    { version: 1, mountPoint: '/sys/fs/cgroup/systemd', controllers: ['name=systemd'] },
    { version: 2, mountPoint: '/sys/fs/cgroup/unified', controllers: ['hugetlb', 'pids'] },
  ]);
  t.is(cgroupLayout(mounts), 'hybrid');
  t.is(cgroupLayout(mounts.slice(0, 2)), 'v1');
});

test('a unified host, mounted at a place with a blank', (t) => {
  const mounts = parseCgroupMounts('9 1 0:5 / /a\\040b rw - cgroup2 none rw\n', () => '');
  t.deepEqual(mounts, [{ version: 2, mountPoint: '/a b', controllers: [] }]);
  t.is(cgroupLayout(mounts), 'v2');
});
