/** lxc.seccomp.*: keys of src/config/registry/security.ts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNotifyProxy } from '../../rig/notify-proxy.ts';
import { rigProgram } from '../../rig/programs.ts';
import type { World } from '../../rig/world.ts';
import { boot, type Effect } from '../effect.ts';

const needs = ['root', 'userns', 'idmap', 'busybox', 'seccomp'] as const;

/** A policy of these lines in the world: the line of configuration that names it. */
function policy(world: World, ...lines: readonly string[]): string {
  const file = join(world.dir, 'policy.seccomp');
  writeFileSync(file, ['2', ...lines, ''].join('\n'));
  return `lxc.seccomp.profile = ${file}`;
}

const NO_MKDIR = ['denylist', 'mkdir errno 95', 'mkdirat errno 95'];
const ASK_MKDIR = ['denylist', 'mkdir notify', 'mkdirat notify'];

export const seccomp: readonly Effect[] = [
  {
    key: 'lxc.seccomp.profile',
    needs,
    seen: async (t, world) => {
      const { inside, pid } = await boot(world, [policy(world, ...NO_MKDIR)]);
      t.regex(await inside('mkdir /new 2>&1 || true'), /not supported/);
      t.regex(await world.sh(`cat /proc/${pid}/status`), /^Seccomp:\t2$/m);
    },
  },
  {
    key: 'lxc.seccomp.allow_nesting',
    needs,
    seen: async (t, world) => {
      const start = `${rigProgram('filtered')} tlxc-start -n c1`;
      const lines = [policy(world, ...NO_MKDIR), 'lxc.seccomp.allow_nesting = 1'];
      const { inside, pid } = await boot(world, lines, { start });
      t.regex(await inside('mkdir /new 2>&1 || true'), /not supported/);
      t.regex(await world.sh(`cat /proc/${pid}/status`), /^Seccomp_filters:\t2$/m);
      await world.sh('tlxc-stop -k -n c1');
      const without = await world.run('sh', '-c', `${start} -s lxc.seccomp.allow_nesting=0`);
      t.regex(without.stderr, /lxc\.seccomp\.profile is not loaded/);
      t.is(await inside('mkdir /new && echo made'), 'made');
    },
  },
  {
    key: 'lxc.seccomp.notify.proxy',
    needs,
    seen: async (t, world) => {
      const proxy = await startNotifyProxy(t, world, join(world.dir, 'proxy'), 'errno', '17');
      const { inside } = await boot(world, [
        policy(world, ...ASK_MKDIR),
        `lxc.seccomp.notify.proxy = unix:${proxy.address}`,
      ]);
      t.regex(await inside('mkdir /new 2>&1 || true'), /File exists/);
      t.regex(await proxy.line(), /command=mkdir path=\/new /);
    },
  },
  {
    key: 'lxc.seccomp.notify.cookie',
    needs,
    seen: async (t, world) => {
      const proxy = await startNotifyProxy(t, world, '@tlxc-test', 'value', '0');
      await boot(world, [
        policy(world, ...ASK_MKDIR),
        `lxc.seccomp.notify.proxy = unix:${proxy.address}`,
        'lxc.seccomp.notify.cookie = of c1',
      ]).then(({ inside }) => inside('mkdir /new'));
      t.regex(await proxy.line(), / cookie=of c1 /);
    },
  },
];
