import test from 'ava';
import { findLxcfs } from '../../src/host/lxcfs.ts';
import type { Mount } from '../../src/mountinfo.ts';

const mount = (point: string, root: string, owner: number): Mount => ({
  point,
  root,
  type: 'fuse.lxcfs',
  source: 'lxcfs',
  options: ['rw', `user_id=${owner}`, 'group_id=0', 'allow_other'],
  shared: false,
});

test('a filesystem of a user that calls itself lxcfs is none', (t) => {
  t.deepEqual(findLxcfs([mount('/home/anna/mine', '/', 1000)]), { state: 'absent' });
  t.deepEqual(findLxcfs([mount('/home/anna/meminfo', '/proc/meminfo', 1000)]), { state: 'absent' });
  t.like(findLxcfs([{ ...mount('/srv', '/', 0), type: 'ext4' }]), { state: 'absent' });
});

test('one whose directory is not there counts as ended', (t) => {
  t.deepEqual(findLxcfs([mount('/no/such', '/', 0)]), { state: 'dead', at: '/no/such' });
});

test('in a container its own files serve those inside it', (t) => {
  const found = findLxcfs([
    mount('/proc/uptime', '/proc/uptime', 65534),
    mount('/mnt', '/proc/stat', 65534),
    mount('/proc/stat', '/proc/swaps', 65534),
  ]);
  const files = [{ source: '/proc/uptime', target: 'proc/uptime' }];
  t.deepEqual(found, { state: 'runs', at: '/proc', files });
});
