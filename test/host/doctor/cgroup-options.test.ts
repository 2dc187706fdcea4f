import test from 'ava';
import { cgroupOptionFindings } from '../../../src/host/doctor/cgroup-options.ts';
import type { Mount } from '../../../src/mountinfo.ts';

const mounted = (...options: string[]): Mount[] => [
  { point: '/sys/fs/cgroup', root: '/', type: 'cgroup2', source: 'cgroup2', options, shared: true },
];
const KNOWN = ['nsdelegate', 'memory_localevents', 'memory_recursiveprot'];

test('what lxcfs or CRIU took from the mount of cgroup2 is told, with the command that gives it back', (t) => {
  const [found, ...more] = cgroupOptionFindings(mounted('rw'), KNOWN);
  t.deepEqual(more, []);
  t.like(found, { what: 'cgroup2', level: 'warning' });
  t.regex(found?.found ?? '', /^without memory_recursiveprot: memory-low .*; without nsdelegate: /);
  t.regex(
    found?.mend ?? '',
    /^mount -o remount,memory_recursiveprot,nsdelegate \/sys\/fs\/cgroup \(CRIU .* at each checkpoint, lxcfs .*systemctl edit lxcfs/,
  );
});

test('only what is missing is told, and only where the kernel would heed it', (t) => {
  const [found] = cgroupOptionFindings(mounted('rw', 'nsdelegate'), KNOWN);
  t.regex(found?.mend ?? '', /^mount -o remount,memory_recursiveprot \/sys/);
  t.deepEqual(cgroupOptionFindings(mounted('rw', 'nsdelegate', 'memory_recursiveprot'), KNOWN), []);
  t.deepEqual(cgroupOptionFindings(mounted('rw', 'nsdelegate'), ['nsdelegate']), [], 'Linux before 5.7');
  t.deepEqual(cgroupOptionFindings(mounted('rw'), []), [], 'in a container');
  t.deepEqual(cgroupOptionFindings([], KNOWN), [], 'version 1');
});
