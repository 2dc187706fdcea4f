/** lxc.console.*: where what is written to /dev/console goes, and how much of it is kept. */
import type { World } from '../../rig/world.ts';
import { join } from 'node:path';
import { askMonitor } from '../../../src/monitor/client.ts';
import { native } from '../../../src/native/binding.ts';
import { existsSync, fstatSync, readFileSync, readdirSync, readSync } from 'node:fs';
import { eventually } from '../../rig/eventually.ts';
import { boot, type Effect } from '../effect.ts';

const BUSYBOX = ['root', 'userns', 'idmap', 'busybox'] as const;

/** 9000 bytes, as the terminal writes them: 900 lines of 8 characters. */
const WRITES = 'i=1000; while [ $i -lt 1900 ]; do echo line$i; i=$((i+1)); done > /dev/console';

/** A file's text once it ends with the last of those lines; between two rotations it is not there. */
const complete = (path: string): Promise<string> =>
  eventually(30, () => {
    const text = existsSync(path) ? readFileSync(path, 'latin1') : '';
    return Promise.resolve(text.endsWith('line1899\r\n') ? text : undefined);
  });

/** What the monitor of c1 keeps of its console. */
function kept(world: World): string {
  const [key = ''] = readdirSync(world.runDir);
  const socket = join(world.runDir, key, 'c1/monitor.sock');
  const result = askMonitor({ socket }, { op: 'console-log' });
  if (result.kind !== 'answer') return result.kind;
  const fd = result.fds['log'];
  if (fd === undefined) return 'nothing';
  const bytes = Buffer.alloc(fstatSync(fd).size);
  readSync(fd, bytes, 0, bytes.length, 0);
  native().closeFd(fd);
  return bytes.toString('latin1');
}

export const console: readonly Effect[] = [
  {
    key: 'lxc.console.path',
    needs: BUSYBOX,
    seen: async (t, world) => {
      await world.sh('touch out');
      const { inside } = await boot(world, [`lxc.console.path = ${world.dir}/out`]);
      await inside('echo hello > /dev/console');
      const out = await eventually(30, async () => (await world.sh('cat out')) || undefined);
      t.is(out, 'hello\r\n');
    },
  },
  {
    key: 'lxc.console.logfile',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const { inside } = await boot(world, [`lxc.console.logfile = ${world.dir}/log`]);
      await inside(WRITES);
      const text = await complete(join(world.dir, 'log'));
      t.is(text.length, 9000);
      t.is(await world.sh('stat -c %a log'), '600\n');
    },
  },
  {
    key: 'lxc.console.size',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const lines = [`lxc.console.logfile = ${world.dir}/log`, 'lxc.console.size = 4KB'];
      const { inside } = await boot(world, lines);
      await inside(WRITES);
      t.true((await complete(join(world.dir, 'log'))).length <= 4096);
    },
  },
  {
    key: 'lxc.console.rotate',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const lines = [
        `lxc.console.logfile = ${world.dir}/log`,
        'lxc.console.size = 4KB',
        'lxc.console.rotate = 1',
      ];
      const { inside } = await boot(world, lines);
      await inside(WRITES);
      const text = await complete(join(world.dir, 'log'));
      const before = readFileSync(join(world.dir, 'log.1'), 'latin1');
      t.is(before.length, 4096);
      t.true(`${before}${text}`.endsWith('line1898\r\nline1899\r\n'));
    },
  },
  {
    key: 'lxc.console.buffer.size',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.console.buffer.size = 4KB']);
      await inside(WRITES);
      const text = await eventually(30, () => {
        const now = kept(world);
        return Promise.resolve(now.endsWith('line1899\r\n') ? now : undefined);
      });
      t.is(text.length, 4096);
    },
  },
];
