import test from 'ava';
import type { SystemConfig } from '../src/config/model.ts';
import { storeRunDir } from '../src/container/paths.ts';
import { stableHardwareAddress } from '../src/config/hwaddr.ts';
import { fnv1a } from '../src/fnv.ts';

test('numbers are those of FNV-1a', (t) => {
  t.is(fnv1a(''), 0xcbf29ce484222325n);
  t.is(fnv1a('a'), 0xaf63dc4c8601ec8cn);
});

test('what an earlier version has started is found: its run directory and its address', (t) => {
  const system = { runDir: '/run/tlxc' } as SystemConfig;
  t.is(storeRunDir(system, '/var/lib/tlxc'), '/run/tlxc/b4ac2f7fd54d138d');
  t.is(stableHardwareAddress('10:66:6a:xx:xx:xx', 'a'), '10:66:6a:c8:ce:10');
});
