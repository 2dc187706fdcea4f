/** Each limit bites, in the words of either cgroup world: what a container wants beyond it, it does not get. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { boot, type Booted } from '../effects/effect.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const limited = requires('root', 'userns', 'idmap', 'busybox').serial;
const throttled = requires('root', 'userns', 'idmap', 'busybox', 'blockthrottle').serial;
const MEBIBYTE = 1024 * 1024;
const KILLED = 137;

/** The same limit in the words of each world. */
interface Spelling {
  readonly world: string;
  readonly config: readonly string[];
}
const spelt = (v1: readonly string[], v2: readonly string[]): readonly Spelling[] => [
  { world: 'v1', config: v1.map((line) => `lxc.cgroup.${line}`) },
  { world: 'v2', config: v2.map((line) => `lxc.cgroup2.${line}`) },
];

interface Limited extends Booted {
  readonly world: World;
  /** The text of the first of these files that the container's outer group has. */
  readonly outer: (...files: readonly string[]) => string;
}

async function start(t: ExecutionContext, config: readonly string[]): Promise<Limited> {
  const world = await makeWorld(t);
  const booted = await boot(world, config);
  const groups = world.holder.groups.flatMap((group) => [join(group, 'tlxc/c1'), join(group, 'rig/tlxc/c1')]);
  const outer = (...files: readonly string[]): string => {
    const found = files
      .flatMap((file) => groups.map((group) => join(group, file)))
      .find((path) => existsSync(path));
    return readFileSync(found ?? `no group of the container has ${files.join(' or ')}`, 'utf8');
  };
  return { ...booted, world, outer };
}

const number = (text: string, before = ''): number =>
  Number(new RegExp(`^${before}(\\d+)`, 'm').exec(text)?.[1]);

for (const { world: words, config } of spelt(
  ['memory.limit_in_bytes = 64M', 'memory.memsw.limit_in_bytes = 64M'],
  ['memory.max = 64M', 'memory.swap.max = 0'],
)) {
  limited(`memory, as ${words} writes it: who grows is killed, and nobody else`, async (t) => {
    const { world, outer, inside } = await start(t, config);
    const argv = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=200M', 'count=1'];
    const hog = await world.run('tlxc-attach', '-n', 'c1', '--', 'sh', '-c', `${argv.join(' ')}; echo $?`);
    t.is(hog.stdout.trim(), String(KILLED));
    t.true(
      number(outer('ns/memory.oom_control', 'memory.events'), 'oom_kill ') > 0,
      'the container has no victim',
    );
    t.true(number(outer('memory.max_usage_in_bytes', 'memory.peak', 'memory.current')) <= 64 * MEBIBYTE);
    t.is(await inside('echo alive'), 'alive');
  });
}

for (const { world: words, config } of spelt(['pids.max = 40'], ['pids.max = 40'])) {
  limited(`pids, as ${words} writes it: a fork bomb stops`, async (t) => {
    const { world, outer } = await start(t, config);
    const bomb = world.spawn(
      'tlxc-attach',
      '-n',
      'c1',
      '--',
      'sh',
      '-c',
      'bomb() { bomb | bomb & }; bomb; sleep 60',
    );
    let said = '';
    bomb.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually(60, () => Promise.resolve(said.includes("can't fork") ? true : undefined));
    t.true(number(outer('pids.current')) <= 40);
    t.is(await world.sh('tlxc-info -n c1 -sH'), 'RUNNING\n');
    await world.sh('tlxc-stop -k -n c1');
    bomb.kill('SIGKILL');
  });
}

/** The world's own group counts for as much as all else on this machine: its quota is what holds it back, not its neighbours. */
function favour(world: World): void {
  for (const group of world.holder.groups)
    for (const [file, most] of [
      ['cpu.shares', '262144'],
      ['cpu.weight', '10000'],
    ] as const)
      if (existsSync(join(group, file))) writeFileSync(join(group, file), most);
}

/** Nanoseconds of processor time that the container has had. */
function processorTime(outer: Limited['outer']): number {
  const text = outer('cpuacct.usage', 'cpu.stat');
  return text.includes('usage_usec') ? number(text, 'usage_usec ') * 1000 : number(text);
}

for (const { world: words, config } of spelt(
  ['cpu.cfs_quota_us = 20000', 'cpu.cfs_period_us = 100000'],
  ['cpu.max = 20000 100000'],
)) {
  limited(`cpu, as ${words} writes it: a fifth of a processor is a fifth`, async (t) => {
    const { world, outer } = await start(t, config);
    favour(world);
    const busy = world.spawn(
      'tlxc-attach',
      '-n',
      'c1',
      '--',
      'sh',
      '-c',
      'while :; do :; done & while :; do :; done',
    );
    const idle = processorTime(outer);
    await eventually(30, () => Promise.resolve(processorTime(outer) - idle > 100e6 ? true : undefined));
    const look = async () => ({
      throttled: number(await world.sh('tlxc-cgroup -n c1 cpu.stat'), 'nr_throttled '),
      used: processorTime(outer),
      at: process.hrtime.bigint(),
    });
    const before = await look();
    await sleep(4000);
    const after = await look();
    const used = after.used - before.used;
    const share = used / Number(after.at - before.at);
    t.true(share < 0.22, `it had ${(share * 100).toFixed(1)} % of a processor`);
    // However busy the host is: in each period in which it was stopped it had had its 20 ms.
    const stopped = after.throttled - before.throttled;
    t.true(stopped > 0 && used > stopped * 18e6, `${used} ns in ${stopped} periods`);
    await world.sh('tlxc-stop -k -n c1');
    busy.kill('SIGKILL');
  });
}

for (const { world: words, config } of spelt(['cpuset.cpus = 0'], ['cpuset.cpus = 0'])) {
  limited(`cpuset, as ${words} writes it: no other processor is had`, async (t) => {
    const { inside } = await start(t, config);
    t.is(await inside('grep Cpus_allowed_list /proc/self/status | cut -f 2'), '0');
    t.is(await inside('nproc'), '1');
    if (availableParallelism() < 2) return;
    t.is(await inside('taskset 2 true 2>/dev/null && echo had || echo refused'), 'refused');
  });
}

const open = (device: string): string => `head -c 0 ${device} 2>&1 && echo opened || true`;
const DEVICES = [
  {
    title: 'only what the list names',
    rules: ['deny = a', 'allow = c *:* m', 'allow = c 1:3 rw', 'allow = c 5:* rwm', 'allow = c 136:* rwm'],
    opened: ['/dev/null'],
    refused: ['/dev/zero', '/dev/urandom'],
  },
  {
    title: 'all but what the list names',
    rules: ['deny = a', 'allow = a', 'deny = c 1:5 r', 'deny = c 1:9 rwm'],
    opened: ['/dev/null', '/dev/full'],
    refused: ['/dev/zero', '/dev/urandom'],
  },
  {
    title: 'a kind of them by a wildcard',
    rules: [
      'deny = a',
      'allow = c 1:* rwm',
      'deny = c 1:5 rwm',
      ...['5:1', '5:2', '136:*'].map((each) => `allow = c ${each} rwm`),
    ],
    // A rule takes back only what one of the same numbers gave: as the v1 controller has it.
    opened: ['/dev/null', '/dev/zero', '/dev/urandom'],
    refused: ['/dev/tty'],
  },
];
for (const { title, rules, opened, refused } of DEVICES)
  for (const { world: words, config } of spelt(
    rules.map((rule) => `devices.${rule}`),
    rules.map((rule) => `devices.${rule}`),
  )) {
    limited(`devices, as ${words} writes them: ${title}`, async (t) => {
      const { inside } = await start(t, config);
      for (const device of opened) t.is(await inside(open(device)), 'opened', device);
      for (const device of refused) t.regex(await inside(open(device)), /not permitted/, device);
    });
  }

/** The disk below the scratch directories: MAJOR:MINOR. */
function disk(): string {
  const { dev } = statSync(tmpdir());
  return `${Math.floor(dev / 256)}:${dev % 256}`;
}

for (const { world: words, config } of spelt(
  [`blkio.throttle.write_bps_device = ${disk()} ${MEBIBYTE}`],
  [`io.max = ${disk()} wbps=${MEBIBYTE}`],
)) {
  throttled(`block devices, as ${words} writes them: a megabyte a second takes a second`, async (t) => {
    const { inside } = await start(t, config);
    const before = Date.now();
    await inside('dd if=/dev/zero of=/root/file bs=256k count=12 oflag=direct 2>&1');
    const seconds = (Date.now() - before) / 1000;
    t.true(seconds > 2, `three megabytes were written in ${seconds} seconds`);
  });
}
