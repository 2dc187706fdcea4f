import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';
import { loadSystemConfig } from '../../../src/config/system.ts';
import type { SystemConfig } from '../../../src/config/model.ts';
import {
  makeTrash,
  removeUnfinished,
  sweepLeftovers,
  trashPath,
} from '../../../src/container/remove/leftovers.ts';

/** A store that does not exist yet. */
function store(t: ExecutionContext): { system: SystemConfig; lxcpath: string; dir: string } {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-leftovers-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const conf = join(dir, 'tlxc.conf');
  const lxcpath = join(dir, 'lxc');
  writeFileSync(conf, `lxc.lxcpath = ${lxcpath}\ntlxc.rundir = ${dir}/run\n`);
  return { system: loadSystemConfig({ TLXC_CONF: conf }), lxcpath, dir };
}

test('what dead commands left goes; the trash stays, for others that are about to move something there', async (t) => {
  const { system, lxcpath } = store(t);
  await sweepLeftovers(system, lxcpath); // nothing there yet
  mkdirSync(join(trashPath(lxcpath), 'gone/rootfs/etc'), { recursive: true });
  writeFileSync(join(trashPath(lxcpath), 'gone/rootfs/etc/hostname'), 'gone\n');
  mkdirSync(join(lxcpath, '.tlxc-staging-unborn/rootfs'), { recursive: true });
  mkdirSync(join(lxcpath, 'whole'));
  const stages: string[] = [];
  await sweepLeftovers(system, lxcpath, (stage) => stages.push(stage));
  t.deepEqual(readdirSync(lxcpath).sort(), ['.trash', 'whole']);
  t.deepEqual(readdirSync(trashPath(lxcpath)), []);
  // Who waits for it is told each time, and when that is over.
  t.deepEqual(stages, ['sweeping', 'working', 'sweeping', 'working']);
  await sweepLeftovers(system, lxcpath, (stage) => stages.push(stage));
  t.is(stages.length, 4);
});

for (const [what, target] of [
  ['nowhere', 'nowhere'],
  ['elsewhere', 'other'],
] as const)
  test(`a trash that is a link that leads ${what} is replaced, and where it leads nothing is touched`, async (t) => {
    const { system, lxcpath, dir } = store(t);
    mkdirSync(lxcpath);
    mkdirSync(join(dir, 'other'));
    writeFileSync(join(dir, 'other/file'), 'kept\n');
    for (const use of [() => sweepLeftovers(system, lxcpath), () => makeTrash(lxcpath)]) {
      symlinkSync(join(dir, target), trashPath(lxcpath));
      await use();
      t.false(lstatSync(trashPath(lxcpath), { throwIfNoEntry: false })?.isSymbolicLink() ?? false);
    }
    t.true(lstatSync(trashPath(lxcpath)).isDirectory());
    t.is(readFileSync(join(dir, 'other/file'), 'utf8'), 'kept\n');
  });

const rooted = requires('root', 'userns', 'idmap', 'busybox').serial;

rooted('another command that sweeps is in nobody’s way who destroys', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const dir = join(world.lxcpath, 'u1');
  for (let n = 0; n < 3000; n++) writeFileSync(join(dir, `file${n}`), '');
  const system = loadSystemConfig(world.env);
  let destroyed = false;
  const sweeping = async (): Promise<void> => {
    while (!destroyed) {
      await sweepLeftovers(system, world.lxcpath);
      await setImmediate();
    }
  };
  const [{ code, stderr }] = await Promise.all([
    world.run('tlxc-destroy', 'u1').finally(() => {
      destroyed = true;
    }),
    sweeping(),
  ]);
  t.is(code, 0, stderr);
  t.false(existsSync(dir));
  t.deepEqual(readdirSync(trashPath(world.lxcpath)), []);
});

test('a file that a killed command was writing goes a minute later, one that is being written stays', async (t) => {
  const { system, lxcpath } = store(t);
  const dir = join(lxcpath, 'c1');
  mkdirSync(dir, { recursive: true });
  const [old, young] = ['.config.0123456789abcdef.tmp', '.config.fedcba9876543210.tmp'] as const;
  for (const name of [old, young, '.config.tmp', 'config']) writeFileSync(join(dir, name), '');
  const then = Date.now() / 1000 - 100;
  utimesSync(join(dir, old), then, then);
  utimesSync(join(dir, '.config.tmp'), then, then);
  await removeUnfinished(dir, system);
  t.deepEqual(readdirSync(dir).sort(), [young, '.config.tmp', 'config'].sort());
});
