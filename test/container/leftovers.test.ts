import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { loadSystemConfig } from '../../src/config/system.ts';
import { sweepLeftovers, trashPath } from '../../src/container/leftovers.ts';

test('what dead commands left goes; the trash stays, for others that are about to move something there', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-leftovers-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const conf = join(dir, 'tlxc.conf');
  const lxcpath = join(dir, 'lxc');
  writeFileSync(conf, `lxc.lxcpath = ${lxcpath}\ntlxc.rundir = ${dir}/run\n`);
  const system = loadSystemConfig({ TLXC_CONF: conf });
  await sweepLeftovers(system, lxcpath); // nothing there yet
  mkdirSync(join(trashPath(lxcpath), 'gone/rootfs/etc'), { recursive: true });
  writeFileSync(join(trashPath(lxcpath), 'gone/rootfs/etc/hostname'), 'gone\n');
  mkdirSync(join(lxcpath, '.tlxc-staging-unborn/rootfs'), { recursive: true });
  mkdirSync(join(lxcpath, 'whole'));
  await sweepLeftovers(system, lxcpath);
  t.deepEqual(readdirSync(lxcpath).sort(), ['.trash', 'whole']);
  t.deepEqual(readdirSync(trashPath(lxcpath)), []);
});
