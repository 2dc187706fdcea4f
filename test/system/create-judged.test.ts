/**
 * Creating with the image still to be fetched, killed at random moments and on disks that are full at different points:
 * afterwards every container and every image is whole or absent, nothing is mounted, and the next command succeeds.
 * TLXC_KILLS says how often it is killed, TLXC_SEED when: the seed of a run is logged.
 */
import { createHash, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { loader } from '../rig/typescript.ts';

const test = requires('root', 'userns', 'overlay', 'busybox').serial;

const PORT = 8088;
const server = fileURLToPath(new URL('../../.ci/image-server.ts', import.meta.url));
const FILES = 30;
const words = (name: string, storage: string) => [
  '-n',
  name,
  '-f',
  'seed',
  '-B',
  storage,
  '-t',
  'download',
  '--',
  '-d',
  'bulk',
  '-r',
  'one',
];

/** A world with a server of one image that takes a moment to fetch and to unpack, and a seed without a network. */
async function judged(t: ExecutionContext): Promise<World> {
  const world = await makeWorld(t, { settings: [`tlxc.image.server = http://127.0.0.1:${PORT}/`] });
  await world.sh(`echo 'lxc.net.0.type = empty' > seed; tlxc-create -n c0 -f seed -B dir -t busybox
    for i in $(seq ${FILES}); do head -c 300000 /dev/urandom > lxc/c0/rootfs/home/f$i; done
    mkdir www; tlxc-image build --container=c0 --alias=bulk/one >&2; tlxc-image export bulk/one www --alias bulk/one >&2
    tlxc-destroy -n c0; tlxc-image prune --all >&2`);
  const line = `${process.execPath} --import=${loader} ${server} www ${PORT} & read end; kill $!`;
  const child = world.spawn('sh', '-c', line);
  t.teardown(() => child.stdin.end());
  await once(createInterface({ input: child.stdout }), 'line');
  return world;
}

const command = (world: World, name: string, storage = 'dir') =>
  world.run('tlxc-create', ...words(name, storage));

/** Every image is as it was stored, nothing is mounted where things are made. Returns the containers. */
async function checkPlaces(t: ExecutionContext, world: World, when: string): Promise<string[]> {
  const verified = await world.run('tlxc-image', 'verify');
  t.is(verified.code, 0, `${when}: ${verified.stdout}`);
  t.is(await world.sh(`grep -c ' ${world.dir}/[^ ]*staging' /proc/mounts || :`), '0\n', when);
  return (await world.sh('tlxc-ls -1')).split('\n').filter(Boolean);
}

/** And every container runs; none stays. */
async function checkWhole(t: ExecutionContext, world: World, when: string): Promise<void> {
  for (const name of await checkPlaces(t, world, when)) {
    const started = await world.run('tlxc-start', '-n', name);
    t.is(started.code, 0, `${when}: ${started.stderr}`);
    const inside = `ls /home | wc -l; hostname`;
    t.is(await world.sh(`tlxc-attach -n ${name} -- sh -c '${inside}'`), `${FILES}\n${name}\n`, when);
    await world.sh(`tlxc-stop -k -n ${name}; tlxc-destroy -n ${name}`);
  }
}

/** Only the command itself is killed, as the kernel's out-of-memory killer does it; its children are on their own. */
const killedAfter = (world: World, milliseconds: number, argv: readonly string[]): Promise<unknown> =>
  world.run('timeout', '--foreground', '-s', 'KILL', String(milliseconds / 1000), 'tlxc-create', ...argv);

/** Numbers from 0 to 1 that are the same for the same seed. */
const random = (seed: string, index: number): number =>
  createHash('sha256').update(`${seed} ${index}`).digest().readUInt32BE() / 2 ** 32;

test('killed at random moments, with the image fetched and with the image stored', async (t) => {
  t.timeout(1_200_000);
  const world = await judged(t);
  const [kills, seed] = [
    Number(process.env['TLXC_KILLS'] ?? 8),
    process.env['TLXC_SEED'] ?? String(randomInt(1e9)),
  ];
  t.log(`TLXC_SEED=${seed} TLXC_KILLS=${kills}`);
  const whole = await command(world, 'c1');
  t.is(whole.code, 0, whole.stderr);
  await checkWhole(t, world, 'whole');
  for (let index = 0; index < kills; index++) {
    const stored = index % 4 === 3;
    if (!stored) await world.sh('tlxc-image prune --all 2>/dev/null >&2');
    const moment = random(seed, index) * whole.milliseconds * 1.1;
    await killedAfter(world, moment, words('c1', index % 2 === 0 ? 'dir' : 'overlay'));
    const when = `killed after ${Math.round(moment)} of ${Math.round(whole.milliseconds)} ms`;
    await checkWhole(t, world, when);
    const next = await command(world, 'c2', index % 2 === 0 ? 'overlay' : 'dir');
    t.is(next.code, 0, `${when}: ${next.stderr}`);
    await checkWhole(t, world, `after the next, ${when}`);
  }
  await world.sh('tlxc-image prune --all 2>/dev/null >&2');
  t.is(await world.sh('ls -A cache/images cache/downloads lxc | grep -v "^$\\|:$\\|^.trash$" || :'), '');
});

const POINTS = 10;

test(`a disk that is full at ${POINTS} different points`, async (t) => {
  t.timeout(600_000);
  const world = await judged(t);
  const places = 'cache lxc';
  const mount = (kilobytes: number) =>
    world.sh(`mount -t tmpfs -o size=${kilobytes}k tmpfs disk; mkdir disk/cache disk/lxc
      for place in ${places}; do mount --bind disk/$place $place; done`);
  const unmount = () => world.sh(`umount ${places} disk`);
  await world.sh('mkdir disk');
  await mount(200_000);
  t.is((await command(world, 'c1')).code, 0);
  const needed = Number((await world.sh('df -k --output=used disk | tail -1')).trim());
  await unmount();
  let refusals = 0;
  for (let point = 1; point <= POINTS; point++) {
    const size = Math.round((needed * point) / (POINTS + 1));
    await mount(size);
    const { code, stderr } = await command(world, 'c1');
    if (code !== 0) {
      refusals += 1;
      t.regex(
        stderr,
        /^tlxc-create: .*(no space left on device|needs more than the \d+ MiB)/im,
        `${size} KiB`,
      );
      t.is(await world.sh('tlxc-ls -1'), '');
      t.is(await world.sh('find cache -name rootfs -o -name jail'), '');
    }
    await checkPlaces(t, world, `${size} KiB`);
    // Space is made, and what was got before is used.
    await world.sh('mount -o remount,size=200m disk');
    const next = await command(world, 'c2');
    t.is(next.code, 0, next.stderr);
    t.true((await checkPlaces(t, world, `${size} KiB, then more`)).includes('c2'));
    await unmount();
  }
  t.true(refusals >= POINTS - 2, `${refusals} refusals`);
});
