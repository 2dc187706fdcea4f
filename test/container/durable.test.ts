/** Power may fail at any moment: what is renamed into place was brought to disk before, and the name of it is after. */
import type { ExecutionContext } from 'ava';
import { mkdirSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const test = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'strace');

/** How much waits to be written on the machine decides how a small tree goes to disk: here it is so much, whatever others write. */
async function withDirty(t: ExecutionContext, kilobytes: number): Promise<World> {
  const world = await makeWorld(t);
  const real = readFileSync('/proc/meminfo', 'utf8');
  const told = real.replace(/^(Dirty|Writeback):.*$/gm, `$1: ${String(kilobytes)} kB`);
  writeFileSync(join(world.dir, 'meminfo'), told);
  await world.furnish('mount --bind meminfo /proc/meminfo');
  return world;
}

const quiet = (t: ExecutionContext): Promise<World> => withDirty(t, 0);

/** The calls of a command that matter here, in the order in which they ended. */
async function callsOf(world: World, command: string): Promise<readonly string[]> {
  const trace = join(world.dir, 'trace');
  await world.sh(`strace -f -y -o ${trace} -e trace=write,chmod,rename,fsync,syncfs ${command}`);
  return whole(readFileSync(trace, 'utf8').split('\n'));
}

/** strace writes in two lines what another thread does something meanwhile. */
function whole(lines: readonly string[]): readonly string[] {
  const begun = new Map<string, string>();
  return lines.flatMap((line) => {
    const [, pid = '', start] = /^(\d+) +(.*) <unfinished \.\.\.>$/.exec(line) ?? [];
    if (start !== undefined) begun.set(pid, start);
    const [, of = '', end] = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/.exec(line) ?? [];
    if (end !== undefined) return [`${of} ${begun.get(of) ?? ''}${end}`];
    return start === undefined ? [line] : [];
  });
}

for (const [what, command] of [
  ['a copy on write', 'tlxc-copy -n u1 -N u2 -s'],
  ['a copy', 'tlxc-copy -n u1 -N u2'],
  ['a new container', 'tlxc-create -n u2 -t busybox'],
] as const)
  test(what, async (t) => {
    const world = await quiet(t);
    addBusybox(world, 'u1');
    const calls = await callsOf(world, command);
    const staging = join(world.lxcpath, '.tlxc-staging-u2');
    const last = (part: RegExp): number => calls.findLastIndex((call) => part.test(call));
    const changed = last(new RegExp(`^\\d+ +(write|rename)\\(.*${staging}/`));
    const synced = last(/ syncfs\(/);
    const placed = calls.findIndex((call) => call.includes(`rename("${staging}", "${world.lxcpath}/u2")`));
    const named = last(new RegExp(`fsync\\(\\d+<${world.lxcpath}>\\) += 0`));
    t.true(
      changed >= 0 && changed < synced && synced < placed && placed < named,
      [changed, synced, placed, named].join(' '),
    );
  });

/** Where the fsync of each file is enough (native/addon/small_tree.cc): ext4, xfs. */
const JOURNALED = [0xef53, 0x58465342];

test('a copy on write beside gigabytes that somebody else writes waits for its own files alone', async (t) => {
  const world = await withDirty(t, 4 * 2 ** 20);
  addBusybox(world, 'u1');
  const calls = await callsOf(world, 'tlxc-copy -n u1 -N u2 -s');
  const staging = join(world.lxcpath, '.tlxc-staging-u2');
  const placed = calls.findIndex((call) => call.includes(`rename("${staging}", "${world.lxcpath}/u2")`));
  if (!JOURNALED.includes(statfsSync(world.dir).type))
    return t.true(calls.slice(0, placed).some((call) => / syncfs\(/.test(call)));
  t.false(calls.some((call) => / syncfs\(/.test(call)));
  const below = readdirSync(join(world.lxcpath, 'u2'), { recursive: true, encoding: 'utf8' });
  t.true(below.includes('config'));
  for (const name of ['', ...below]) {
    const path = join(staging, name);
    const last = (call: string): number => calls.findLastIndex((each) => each.includes(call));
    // A file is written under another name first.
    const changed = Math.max(last(`, "${path}") = 0`), last(`<${path}>, "`));
    const synced = calls.findIndex(
      (each, at) => at > changed && each.includes(`fsync(`) && each.includes(`<${path}>) = 0`),
    );
    if (name === 'config') t.true(changed >= 0);
    t.true(synced >= 0 && synced < placed, [name, changed, synced, placed].join(' '));
  }
});

test('a copy on write: that its source has it is on disk before it is there', async (t) => {
  const world = await quiet(t);
  addBusybox(world, 'u1');
  const calls = await callsOf(world, 'tlxc-copy -n u1 -N u2 -s');
  const source = join(world.lxcpath, 'u1');
  const first = (part: RegExp, after = 0): number =>
    calls.findIndex((call, at) => at >= after && part.test(call));
  const named = first(new RegExp(`rename\\(.*"${source}/lxc_snapshots"\\) += 0`));
  // Of the one filesystem that both lie on.
  const synced = first(
    new RegExp(`syncfs\\(\\d+<${world.lxcpath}/.tlxc-staging-u2>\\) += 0`),
    Math.max(named, 0),
  );
  const placed = first(new RegExp(`rename\\(.*"${world.lxcpath}/u2"\\) += 0`));
  t.true(named >= 0 && named < synced && synced < placed, [named, synced, placed].join(' '));
  // Nothing else is waited for but its own name.
  t.is(calls.filter((call) => / (?:fsync|syncfs)\(/.test(call)).length, 2);
});

test('a further copy on write: a list that names another is on disk before it takes the place of the old one', async (t) => {
  const world = await quiet(t);
  addBusybox(world, 'u1');
  await world.sh('tlxc-copy -n u1 -N u2 -s');
  const calls = await callsOf(world, 'tlxc-copy -n u1 -N u3 -s');
  const source = join(world.lxcpath, 'u1');
  const first = (part: string): number => calls.findIndex((call) => new RegExp(part).test(call));
  const written = first(`fsync\\(\\d+<${source}/.lxc_snapshots[^>]*>\\) += 0`);
  const named = first(`rename\\(.*"${source}/lxc_snapshots"\\) += 0`);
  t.true(written >= 0 && written < named, [written, named].join(' '));
});

test('a copy on write in another filesystem: what its source notes is synced by itself', async (t) => {
  const world = await quiet(t);
  addBusybox(world, 'u1');
  const there = join(world.dir, 'there');
  mkdirSync(there);
  await world.furnish(`mount -t tmpfs -o mode=755 tmpfs ${there}`);
  const calls = await callsOf(world, `tlxc-copy -n u1 -N u2 -s -p ${there}`);
  const source = join(world.lxcpath, 'u1');
  const first = (part: string): number => calls.findIndex((call) => new RegExp(part).test(call));
  const written = first(`fsync\\(\\d+<${source}/.lxc_snapshots[^>]*>\\) += 0`);
  const named = first(`rename\\(.*"${source}/lxc_snapshots"\\) += 0`);
  const kept = first(`fsync\\(\\d+<${source}>\\) += 0`);
  const placed = first(`rename\\(.*"${there}/u2"\\) += 0`);
  t.true(
    written >= 0 && written < named && named < kept && kept < placed,
    [written, named, kept, placed].join(' '),
  );
});

test('a restoring that fails leaves a clone its note, a copy that fails none', async (t) => {
  const world = await quiet(t);
  addBusybox(world, 'u1');
  await world.sh('tlxc-copy -n u1 -N u2 -s && tlxc-snapshot -n u2');
  const notes = readFileSync(join(world.lxcpath, 'u1/lxc_snapshots'), 'utf8');
  for (const command of ['tlxc-snapshot -n u2 -r snap0', 'tlxc-copy -n u1 -N u3 -s']) {
    const failing = [
      'strace',
      '-f',
      '-o',
      '/dev/null',
      '-e',
      'inject=syncfs:error=EIO',
      ...command.split(' '),
    ];
    const { code, stderr } = await world.run(...(failing as [string, ...string[]]));
    t.is(code, 1);
    t.regex(stderr, /could not be brought to disk/);
    t.is(readFileSync(join(world.lxcpath, 'u1/lxc_snapshots'), 'utf8'), notes);
  }
  t.is((await world.run('tlxc-destroy', '-n', 'u1')).code, 1);
});

test('a new container: its ids and its use of an image are noted on disk before it is there', async (t) => {
  const world = await quiet(t);
  const calls = await callsOf(world, 'tlxc-create -n u2 -t busybox');
  const staging = join(world.lxcpath, '.tlxc-staging-u2');
  const renamed = (part: RegExp): number =>
    calls.findLastIndex((call) => / rename\(/.test(call) && part.test(call));
  const synced = calls.findLastIndex((call) => call.includes(` syncfs(`) && call.includes(`<${staging}>`));
  const [range, user] = [renamed(/\/ranges\/\d+"\) = 0/), renamed(/\/users\/[^"]*"\) = 0/)];
  const placed = calls.findIndex((call) => call.includes(`rename("${staging}", "${world.lxcpath}/u2")`));
  t.true(range >= 0 && range < synced && synced < placed, [range, synced, placed].join(' '));
  t.true(user >= 0 && user < synced, [user, synced].join(' '));
});
