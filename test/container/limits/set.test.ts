/** tlxc-set: limits of the running container and of its configuration, all or none. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';
import type { ExecutionContext } from 'ava';

const running = requires('root', 'userns', 'idmap', 'busybox').serial;

async function container(t: ExecutionContext, ...config: readonly string[]): Promise<World> {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { config });
  return world;
}

const set = (world: World, ...words: readonly string[]) => world.run('tlxc-set', '-n', 'c1', ...words);
const configOf = (world: World) => readFileSync(join(world.lxcpath, 'c1/config'), 'utf8');
const now = async (world: World, file: string) => (await world.sh(`tlxc-cgroup -n c1 ${file}`)).trim();

running('both by default, --now and --saved apart; comments and order stay', async (t) => {
  const world = await container(t, '# of mine', 'lxc.cgroup.pids.max = 100', '# the end');
  const before = configOf(world);
  t.like(await set(world, 'memory=256M', 'cpus=1.5', 'pids=500'), { code: 0, stdout: '', stderr: '' });
  const lines = [
    'lxc.cgroup2.memory.max = 256M',
    'lxc.cgroup2.cpu.max = 150000 100000',
    'lxc.cgroup2.pids.max = 500',
  ];
  t.is(configOf(world), `${before.replace('lxc.cgroup.pids.max = 100\n', '')}${lines.join('\n')}\n`);
  await world.sh('tlxc-start -n c1');
  t.is(await now(world, 'memory.max'), String(256 * 1024 ** 2));
  t.is(await now(world, 'cpu.max'), '150000 100000');
  t.is(await now(world, 'pids.max'), '500');
  t.is((await set(world, '--now', 'pids=50')).code, 0);
  t.is((await set(world, '--saved', 'memory=1G')).code, 0);
  t.is(await now(world, 'pids.max'), '50');
  t.is(await now(world, 'memory.max'), String(256 * 1024 ** 2));
  const { stdout } = await set(world);
  t.regex(stdout, /^LIMIT +NOW +SAVED +USED\nmemory +256M +1G +\d+M\n/);
  t.regex(stdout, /^cpus +1\.5 +1\.5 +-$/m);
  t.regex(stdout, /^pids +50 +500 +\d+$/m);
  t.is((await set(world, 'memory-', 'cpus=max', 'pids-')).code, 0);
  t.is(configOf(world), before.replace('lxc.cgroup.pids.max = 100\n', ''));
  t.is(await now(world, 'memory.max'), 'max');
  t.is(await now(world, 'pids.max'), 'max');
});

running('one that is refused: none is set, none is saved', async (t) => {
  const world = await container(t);
  await world.sh('tlxc-start -n c1');
  const before = configOf(world);
  for (const [words, message] of [
    [['pids=5', 'memory=lots'], /memory=lots: it must be a number of bytes/],
    [['pids=5', 'memroy=1G'], /'memroy' is no limit\n {2}hint: memory is probably meant;/],
    [
      ['pids=5', 'health.interval=9'],
      /hint: tlxc\.health\.interval is a key of its configuration: write it there/,
    ],
    [['pids=5', 'mem=1G'], /'mem' is no limit\n {2}hint: memory is probably meant;/],
    [['pids=5', 'cpuset=4000'], /cpuset=4000: /],
    [['cpus=0'], /cpus=0: it must be a number of processors/],
    [['read=/dev/null:1M'], /'\/dev\/null' is no block device/],
    [['--now', '--saved', 'pids=5'], /--now and --saved exclude each other/],
  ] as const) {
    const { code, stderr } = await set(world, ...words);
    t.is(code, 1);
    t.regex(stderr, message);
  }
  t.is(await now(world, 'pids.max'), 'max', 'what was set before the refusal was taken back');
  t.is(configOf(world), before);
});

running('less memory than is used is refused with what can be done', async (t) => {
  const world = await container(t);
  await world.sh(
    'tlxc-start -n c1; tlxc-attach -n c1 -- sh -c "mount -t tmpfs none /mnt && dd if=/dev/zero of=/mnt/full bs=1M count=64"',
  );
  const { code, stderr } = await set(world, 'pids=99', 'memory=8M');
  t.is(code, 1);
  t.regex(stderr, /^tlxc-set: c1: memory=8M: it uses \d+M now, and the kernel cannot take so much back/);
  t.regex(stderr, /hint: end what uses it, give it more, or set it for the next start alone \(--saved\)\n/);
  t.is(await now(world, 'pids.max'), 'max');
  t.regex((await set(world, '--now', 'pids=1')).stderr, /^$/);
});

running('what an included file says is outdone, and not running is told', async (t) => {
  const world = await container(t);
  const shared = join(world.dir, 'shared.conf');
  writeFileSync(shared, 'lxc.cgroup.memory.limit_in_bytes = 64M\nlxc.cgroup2.pids.max = 10\n');
  const file = join(world.lxcpath, 'c1/config');
  writeFileSync(file, `lxc.include = ${shared}\n${configOf(world)}`);
  t.regex(
    (await set(world, '--now', 'memory=1G')).stderr,
    /c1 is not running\n {2}hint: set them for its next start instead/,
  );
  t.is((await set(world, 'memory=128M', 'pids-')).code, 0);
  await world.sh('tlxc-start -n c1');
  t.is(await now(world, 'memory.max'), String(128 * 1024 ** 2));
  t.is(await now(world, 'pids.max'), 'max');
});
