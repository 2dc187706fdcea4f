/** Calls that the policy leaves to lxc.seccomp.notify.proxy, and what becomes of them when that does not do its part. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boot } from '../effects/effect.ts';
import { startNotifyProxy } from '../rig/notify-proxy.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const notified = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');
const MKDIR = 'mkdir /new 2>&1 || true';
const ENOSYS = /Function not implemented/;

function lines(world: World, proxy: string, ...rules: readonly string[]): string[] {
  const file = join(world.dir, 'policy.seccomp');
  writeFileSync(file, ['2', 'denylist', 'mkdir notify', 'mkdirat notify', ...rules, ''].join('\n'));
  return [`lxc.seccomp.profile = ${file}`, ...(proxy ? [`lxc.seccomp.notify.proxy = unix:${proxy}`] : [])];
}

/** As the world counts. */
const monitorOf = async (world: World): Promise<string> =>
  (await world.sh("pgrep -f '^\\[tlxc monitor\\] .* c1$'")).trim();

notified('a message is as LXC sends it, of init and of what is attached', async (t) => {
  const world = await makeWorld(t);
  const proxy = await startNotifyProxy(t, world, join(world.dir, 'proxy'), 'value', '0');
  const cookie = 'lxc.seccomp.notify.cookie = c00kie';
  const init = ['lxc.init.cmd = /bin/sh -c "mkdir /by-init; exec sleep 1000"'];
  const { inside, pid } = await boot(world, [...lines(world, proxy.address), cookie, ...init]);
  const told = await proxy.line();
  // 32 bytes of head, 80 of seccomp_notif, 24 of seccomp_notif_resp, and the cookie.
  t.regex(told, /^size=142 monitor=\d+ init=\d+ command=\w+ path=\/by-init cookie=c00kie valid=1$/);
  t.true(told.includes(` monitor=${await monitorOf(world)} init=${pid} `));
  // Success, and no directory: it was the proxy that answered.
  t.is(await inside('mkdir /new && test ! -d /new && echo answered'), 'answered');
  t.regex(await proxy.line(), /command=mkdir path=\/new /);
});

notified('an answer may be a value, an errno, or to go on with the call', async (t) => {
  const world = await makeWorld(t);
  const address = join(world.dir, 'proxy');
  const refusing = await startNotifyProxy(t, world, address, 'errno', '28');
  const { inside } = await boot(world, lines(world, address));
  t.regex(await inside(MKDIR), /No space left/);
  await refusing.end();
  await world.sh(`rm ${address}`);
  // The connection that the monitor has is dead: it makes another.
  await startNotifyProxy(t, world, address, 'continue');
  t.is(await inside('mkdir /new && test -d /new && echo made'), 'made');
});

notified(
  'no proxy, one that goes, and one that answers something else: the call does not exist',
  async (t) => {
    const world = await makeWorld(t);
    const address = join(world.dir, 'proxy');
    const { inside } = await boot(world, lines(world, address), { start: 'tlxc-start -n c1 2>warning' });
    const warning = readFileSync(join(world.dir, 'warning'), 'utf8');
    t.regex(warning, /config:\d+: lxc\.seccomp\.notify\.proxy: nobody answers at .*proxy: no such file/);
    t.regex(await inside(MKDIR), ENOSYS);
    for (const how of ['short', 'other-id']) {
      const proxy = await startNotifyProxy(t, world, address, how);
      t.regex(await inside(MKDIR), ENOSYS, how);
      await proxy.end();
      await world.sh(`rm ${address}`);
    }
    t.regex(await inside(MKDIR), ENOSYS);
    // It hangs up after each answer.
    await startNotifyProxy(t, world, address, 'errno', '28', '1');
    for (let i = 0; i < 3; ++i) t.regex(await inside(MKDIR), /No space left/, `call ${i}`);
  },
);

notified('a proxy that says nothing holds up neither the monitor nor, for ever, the call', async (t) => {
  const world = await makeWorld(t);
  const proxy = await startNotifyProxy(t, world, join(world.dir, 'proxy'), 'silent');
  const { inside } = await boot(world, lines(world, proxy.address));
  const begin = performance.now();
  const call = inside(MKDIR);
  await proxy.line();
  t.is(await world.sh('tlxc-info -n c1 -sH'), 'RUNNING\n');
  t.is(await inside('echo attached'), 'attached');
  t.regex(await call, ENOSYS);
  t.true(performance.now() - begin > 29_000, 'it has 30 seconds');
});

notified('init itself may be asked about before it runs, and start hooks', async (t) => {
  const world = await makeWorld(t);
  const proxy = await startNotifyProxy(t, world, join(world.dir, 'proxy'), 'continue');
  const hook = 'lxc.hook.start = /bin/mkdir /by-hook';
  const { inside } = await boot(world, [...lines(world, proxy.address, 'setresuid notify'), hook]);
  t.is(await inside('test -d /by-hook && echo made'), 'made');
});

notified('without the action no descriptor of the monitor is for it; with it, eight are', async (t) => {
  const world = await makeWorld(t);
  const proxy = await startNotifyProxy(t, world, join(world.dir, 'proxy'), 'value', '0');
  const count = async (): Promise<number> =>
    Number(await world.sh(`ls /proc/${await monitorOf(world)}/fd | wc -l`));
  await boot(world, []);
  const without = await count();
  await world.sh('tlxc-stop -k -n c1');
  const file = join(world.lxcpath, 'c1/config');
  writeFileSync(file, [readFileSync(file, 'utf8'), ...lines(world, proxy.address), ''].join('\n'));
  await world.sh('tlxc-start -n c1');
  // epoll twice, timer, the listeners' socket's two ends, the proxy, init's listener; the filter.
  t.is((await count()) - without, 8);
  for (let i = 0; i < 20; ++i) await world.sh('tlxc-attach -n c1 -- true');
  t.is((await count()) - without, 8, 'the listener of a command goes with it');
});
