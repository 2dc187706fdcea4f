/** tlxc-top with containers that run, on a terminal and without one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { Terminal } from '../../rig/terminal.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const seen = requires('root', 'userns', 'idmap', 'busybox', 'terminal');

/** In u1 a process that keeps a processor busy, under a name that would clear the screen. */
async function twoContainers(world: World): Promise<void> {
  addBusybox(world, 'u1', { config: ['lxc.cgroup2.memory.max = 64M'] });
  addBusybox(world, 'u2');
  await world.sh('tlxc-start -n u1 && tlxc-start -n u2');
  const loop = `exec sh -c 'while :; do :; done' "$(printf 'loop\\033[2J')"`;
  writeFileSync(join(world.lxcpath, 'u1/rootfs/loop'), loop);
  await world.sh('tlxc-attach -n u1 -- sh -c "setsid sh /loop > /dev/null 2>&1 &"');
}

const size = { rows: 10, columns: 100 };

seen('a live table: sorted, looked into, resized, left as it was found', async (t) => {
  const world = await makeWorld(t);
  await twoContainers(world);
  const top = new Terminal(world, 'tlxc-top -d 0.2 -s n -r', size);
  await top.shows(/^ \*?NAME[^]*^>u2 [^]*^ u1 /m);
  t.regex(top.lines[1] ?? '', /CPU%.*MEM +LIMIT.*PIDS/);
  await top.shows(/^ u1 +[1-9]\d*\.\d .* 64\.0M /m);
  top.press('c');
  await top.shows(/\*CPU%[^]*^ u1 [^]*^>?u2 |\*CPU%[^]*^>u1 [^]*^ u2 /m);
  top.press('\u001b[H\r');
  await top.shows(/^u1: \d processes/);
  await top.shows(/while :; do :; done loop\\x1b\[2J$/m);
  t.regex(top.lines.join('\n'), / 1 +0 S .*init/m, 'the number that init has inside');
  await top.resize({ rows: 5, columns: 40 });
  const fits = ({ length }: string): boolean => length <= 40;
  await eventually(30, () => Promise.resolve((top.lines.length === 5 && top.lines.every(fits)) || undefined));
  await top.shows(/^u1: /);
  top.press('\u001b');
  await top.shows(/NAME/);
  // Nobody could let it go on: it stays where it is, and has the terminal.
  const before = top.output.length;
  top.press('\u001a');
  await eventually(30, () =>
    Promise.resolve(/1049l[^]*1049h[^]*NAME/.test(top.output.slice(before)) || undefined),
  );
  top.press('q');
  t.is(await top.end(), 'status 0\n');
  t.false(top.output.includes('\u001b[2J'), 'the container drew nothing');
});

seen('the terminal is given back by signals, too', async (t) => {
  const world = await makeWorld(t);
  for (const signal of ['INT', 'TERM', 'HUP', 'QUIT']) {
    const line = `sh -c 'echo $$ > ${world.dir}/pid; exec tlxc-top'`;
    const top = new Terminal(world, line, size);
    await top.shows(/0 containers/);
    await world.sh(`kill -${signal} "$(cat pid)"`);
    t.regex(await top.end(), /^status 1(29|30|31|43)\n$/m, signal);
    t.notRegex(top.output, /spoiled/, signal);
    t.true(top.output.includes('\u001b[?25h\u001b[?1049l'), 'the cursor is back');
  }
});

rooted('without a terminal: one table, LXC’s CSV, or JSON lines', async (t) => {
  const world = await makeWorld(t);
  await twoContainers(world);
  const once = (await world.sh('tlxc-top -s c')).split('\n');
  t.regex(once[0] ?? '', /^tlxc-top .* 2 containers /);
  t.regex(once[2] ?? '', /^u1 +[1-9]\d*\.\d /);
  t.is(once.length, 5, once.join('\n'));
  const csv = (await world.sh('tlxc-top -b -d 0.1 --count 2 -s n -r')).split('\n');
  t.is(csv.length, 6);
  t.regex(csv[0] ?? '', /^time_ms,container,.*,kernel_mem_used_bytes$/);
  t.regex(csv[1] ?? '', /^\d{13},u2(,\d+){8}$/);
  t.regex(csv[2] ?? '', /^\d{13},u1,\d{6,}(,\d+){7}$/);
  const json = (await world.sh('tlxc-top --json -d 0.2 --count 2 u1')).trim().split('\n');
  const [first, second] = json.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.like(first, {
    name: 'u1',
    state: 'RUNNING',
    cpuPercent: null,
    memoryLimitBytes: 64 * 2 ** 20,
    rxBytes: 0,
  });
  t.true(Number(second?.['cpuPercent']) > 1);
  t.true(Number(second?.['tasks']) >= 2);
});

rooted('what it does not take is told', async (t) => {
  const world = await makeWorld(t);
  const told = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await world.run('tlxc-top', ...args);
    return `${code}: ${stderr}`;
  };
  t.regex(
    await told('-s', 'z'),
    /^1: tlxc-top: -s: there is no order 'z'\n {2}hint: there are n \(name\), c \(cpu\)/,
  );
  t.regex(await told('-d', 'x'), /^1: tlxc-top: -d takes a number of seconds/);
  t.regex(await told('--count', '0'), /^1: tlxc-top: --count takes/);
  t.regex(await told('-b', '--json'), /^1: .*-b and --json exclude each other/);
  addBusybox(world, 'there');
  t.regex(await told('there', 'their'), /^1: tlxc-top: their doesn't exist\n {2}hint: tlxc-ls -P .* lists/);
  t.regex(await told('-n', 'their'), /^1: tlxc-top: their doesn't exist/);
  t.is(await told('--batch', '--count', '1', 'there'), '0: ');
});
