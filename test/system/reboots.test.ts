/** A container that reboots without end: its monitor stays what it was, and one that is killed meanwhile leaves nothing. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'netns', 'veth', 'bridge', 'busybox').serial;

const inside = (world: World, name: string): string => join(world.lxcpath, 'c1/rootfs', name);

/** With an address, a forward, a health command and a log of its console; its init is the script. */
async function made(t: ExecutionContext, init: readonly string[]): Promise<World> {
  const world = await makeWorld(t);
  await world.sh('ip link set lo up; ip link add br0 type bridge; ip link set br0 up');
  t.teardown(() => world.sh('ip link delete br0'));
  const network = ['type = veth', 'link = br0', 'flags = up', 'ipv4.address = 10.9.9.2/24'];
  addBusybox(world, 'c1', {
    config: [
      ...network.map((each) => `lxc.net.0.${each}`),
      'tlxc.net.0.forward = tcp 8080 -> 80',
      'tlxc.health.command = true',
      'tlxc.health.interval = 1',
      `lxc.console.logfile = ${join(world.dir, 'console')}`,
      'lxc.init.cmd = /init.sh',
    ],
  });
  writeFileSync(inside(world, 'init.sh'), ['#!/bin/sh', ...init, ''].join('\n'), { mode: 0o755 });
  return world;
}

const monitorOf = async (world: World): Promise<string> =>
  (await world.sh("pgrep -o -f '^\\[tlxc monitor\\] .* c1$'")).trim();

const boots = (world: World): number =>
  existsSync(inside(world, 'boots')) ? readFileSync(inside(world, 'boots'), 'utf8').length : 0;

/** What the monitor holds, by kind, and what of the container is on the host. */
async function footprint(world: World): Promise<string> {
  const monitor = await monitorOf(world);
  const kinds = await world.sh(
    `ls -l /proc/${monitor}/fd | sed -n 's/.* -> //p' | sed 's/[0-9][0-9]*/N/g' | sort | uniq -c`,
  );
  const groups = await world.sh('find /sys/fs/cgroup -type d -path "*/tlxc/*" | sort');
  return `${kinds}${groups}${await world.sh('ip -o link | wc -l')}`;
}

const MANY = 30;

rooted('what reboots again and again holds what it held, and nobody who comes is lost', async (t) => {
  const world = await made(t, [
    'printf b >>/boots; echo "boot $(wc -c </boots)."',
    'while [ -e /stay ]; do sleep 0.05; done',
    `[ $(wc -c </boots) -lt ${MANY} ] && exec reboot -f`,
    'while :; do sleep 0.2; done',
  ]);
  writeFileSync(inside(world, 'stay'), '');
  await world.sh('tlxc-start -n c1 --wait=healthy');
  const [monitor, before] = [await monitorOf(world), await footprint(world)];
  rmSync(inside(world, 'stay'));
  await eventually(120, () => Promise.resolve(boots(world) >= MANY || undefined));
  await world.sh('tlxc-wait -n c1 --for=healthy -t 60');
  t.is(await monitorOf(world), monitor);
  // Its last look may still be under way.
  await eventually(30, async () => (await footprint(world)) === before || undefined).catch(() => undefined);
  t.is(await footprint(world), before);
  const info = await world.sh('tlxc-info -n c1');
  for (const line of [/^State: +RUNNING$/m, /^IP: +10\.9\.9\.2$/m, /^Forward: +tcp 8080 -> 80$/m])
    t.regex(info, line);
  const told = readFileSync(join(world.dir, 'console'), 'utf8');
  const numbers = [...told.matchAll(/^boot (\d+)\./gm)].map(([, number]) => Number(number));
  t.deepEqual(
    numbers,
    Array.from({ length: MANY }, (_, index) => index + 1),
    'each boot is in the log, in turn',
  );
  await world.sh('tlxc-stop -k -n c1');
});

rooted('an init that ends or reboots at once is no failure to forward ports', async (t) => {
  const world = await made(t, [
    'printf b >>/boots; [ $(wc -c </boots) -le 15 ] && exit 0',
    '[ $(wc -c </boots) -lt 40 ] && exec reboot -f',
    'while :; do sleep 0.2; done',
  ]);
  for (let run = 0; run < 15; run++) {
    t.like(await world.run('tlxc-start', '-n', 'c1'), { code: 0, stderr: '' });
    await world.sh('tlxc-wait -n c1 -s STOPPED -t 30');
  }
  t.is((await world.run('tlxc-start', '-n', 'c1')).code, 0);
  await eventually(60, () => Promise.resolve(boots(world) >= 40 || undefined));
  t.regex(await world.sh('tlxc-info -n c1'), /^State: +RUNNING$/m);
  await world.sh('tlxc-stop -k -n c1');
});

rooted(
  'a monitor that is killed at any moment of a reboot leaves nothing behind the next command',
  async (t) => {
    const world = await made(t, ['printf b >>/boots; exec reboot -f']);
    for (let moment = 0; moment < 12; moment++) {
      t.is((await world.run('tlxc-start', '-n', 'c1')).code, 0);
      await sleep(moment * 11);
      await world.sh(`kill -9 ${await monitorOf(world)}`);
      // It is not running, whatever it was in the middle of; who stops it, or starts it again, clears up.
      const words = moment % 2 === 0 ? ['tlxc-stop', '-k', '-n', 'c1'] : ['tlxc-start', '-n', 'c1'];
      const { code } = await world.run(...(words as [string, ...string[]]));
      t.is(code, moment % 2 === 0 ? 2 : 0, `${moment}: ${words.join(' ')}`);
      if (moment % 2 === 1) await world.run('tlxc-stop', '-k', '-n', 'c1');
      t.is(await world.sh('find /sys/fs/cgroup -type d -path "*/tlxc/c1*"'), '', `${moment}: groups`);
      t.is((await world.sh('ip -o link show type veth')).trim(), '', `${moment}: interfaces`);
      t.is((await world.run('pgrep', '-f', '/init.sh|reboot -f')).stdout, '', `${moment}: processes`);
    }
    const [key = ''] = readdirSync(world.runDir).filter((each) => existsSync(join(world.runDir, each, 'c1')));
    t.false(existsSync(join(world.runDir, key, 'c1/instance.json')));
  },
);
