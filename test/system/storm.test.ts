/**
 * kill -9 in a crowd: eight at a time do anything to six names of one store, root's or a plain user's, and most are killed at some
 * moment. Whatever became of each, the store is whole afterwards. TLXC_TEST_STORM commands (64), the same ones for the TLXC_SEED that a failed test logs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { eventually } from '../rig/eventually.ts';
import { seeded } from '../rig/moments.ts';
import { requires } from '../rig/requires.ts';
import type { Outcome } from '../rig/process.ts';
import { makeUser } from '../rig/user.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox').serial;
const byUser = requires('root', 'userns', 'overlay', 'users', 'busybox').serial;

const COMMANDS = Number(process.env['TLXC_TEST_STORM'] ?? 64);
const AT_ONCE = 8;
const NAMES = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6'];

/** Each is of two names, of which it may need one. */
const DEEDS: readonly ((one: string, other: string) => string)[] = [
  (one) => `tlxc-create -n ${one} -t busybox -f seed`,
  (one) => `tlxc-create -n ${one} -t busybox -f seed -B overlay`,
  (one, other) => `tlxc-copy -n ${one} -N ${other}`,
  (one, other) => `tlxc-copy -n ${one} -N ${other} -a`,
  (one, other) => `tlxc-copy -n ${one} -N ${other} -s`,
  (one, other) => `tlxc-copy -n ${one} -N ${other} -e`,
  (one, other) => `tlxc-copy -n ${one} -N ${other} -R`,
  (one) => `tlxc-snapshot -n ${one}`,
  (one) => `tlxc-snapshot -n ${one} -r snap0`,
  (one, other) => `tlxc-snapshot -n ${one} -r snap0 -N ${other}`,
  (one) => `tlxc-snapshot -n ${one} -d ALL`,
  (one) => `tlxc-destroy -n ${one}`,
  (one) => `tlxc-destroy -n ${one} -f -s`,
  (one) => `tlxc-export -n ${one} ${one}.tar.zst`,
  (one, other) => `tlxc-import -N ${other} ${one}.tar.zst`,
  () => 'tlxc-autostart -a -A -t 1',
  () => 'tlxc-autostart -a -A -k',
  (one) => `tlxc-start -n ${one}`,
  (one) => `tlxc-start -n ${one}`,
  (one) => `tlxc-stop -n ${one} -k`,
  (one) => `tlxc-stop -n ${one} -t 1`,
];

/** Whose store it is. */
interface Owner {
  readonly lxcpath: string;
  run(program: string, ...args: readonly string[]): Promise<Outcome>;
  sh(line: string): Promise<string>;
}

interface Storm {
  readonly owner: Owner;
  readonly random: () => number;
  /** Seconds that a command may live before it is killed. */
  readonly longest: number;
}

/** One command, whose process alone is killed in one case of two, and with all that it has begun in one of four; what it said. */
async function strike({ owner, random, longest }: Storm): Promise<string> {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const [deed, one] = [pick(DEEDS), pick(NAMES)];
  const line = deed(one, pick(NAMES.filter((name) => name !== one)));
  const [kind, seconds] = [random(), (random() * longest).toFixed(3)];
  const killer = kind < 0.75 ? `timeout ${kind < 0.5 ? '--foreground ' : ''}-s KILL ${seconds} ` : '';
  // Who is killed while it speaks says nothing of what can be done.
  const { code, signal, stdout } = await owner.run('sh', '-c', `exec ${killer}${line} 2>&1`);
  return `${killer}${line}: ${code ?? signal}\n${stdout}`;
}

/** What a command says that was neither done nor refused: it broke. */
const BROKEN = /(Type|Reference|Range|Syntax)Error|^ +at .*:\d+:\d+|Segmentation|Aborted/m;

async function storm(state: Storm): Promise<readonly string[]> {
  const said: string[] = [];
  let left = COMMANDS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) said.push(await strike(state));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return said;
}

const namesIn = async (owner: Owner): Promise<readonly string[]> =>
  (await owner.sh('tlxc-ls -1')).split('\n').filter((name) => name !== '');

/** "": it is gone. */
const stateOf = async (owner: Owner, name: string): Promise<string> =>
  (await owner.run('tlxc-info', '-n', name, '-s', '-H')).stdout.trim();

/** Monitors whose commands were killed go on, or give up by themselves. What runs by then may have been asked to end: it is ended. */
async function settled(owner: Owner): Promise<void> {
  for (const name of await namesIn(owner)) {
    const rests = await eventually(30, async () => {
      const state = await stateOf(owner, name);
      return /STARTING|STOPPING|ABORTING/.test(state) ? undefined : state;
    });
    if (!['STOPPED', ''].includes(rests)) await owner.run('tlxc-stop', '-k', '-n', name);
  }
}

/** Starts it; how much there is of it. */
async function contentOf(owner: Owner, name: string): Promise<string> {
  await owner.sh(`tlxc-start -n ${name}`);
  const content = await owner.sh(`tlxc-attach -n ${name} -- sh -c 'find /bin /etc /sbin /usr | wc -l'`);
  await owner.sh(`tlxc-stop -k -n ${name}`);
  return content;
}

function firstId(owner: Owner, name: string): string {
  const config = readFileSync(join(owner.lxcpath, name, 'config'), 'utf8');
  return /^lxc\.idmap = u 0 (\d+)/m.exec(config)?.[1] ?? `none of ${name}`;
}

/** A container that others lie over goes after them. */
async function destroyAll(owner: Owner): Promise<void> {
  for (let round = 0; round < NAMES.length; round++)
    for (const name of await namesIn(owner)) await owner.run('tlxc-destroy', '-s', '-n', name);
}

/** checkIds: what is expected of the first id of each container that is left. */
async function weather(
  t: ExecutionContext,
  owner: Owner,
  checkIds?: (ids: readonly string[]) => void,
): Promise<void> {
  const { random, seed } = seeded();
  t.log(`TLXC_SEED=${seed}`);
  await owner.sh('echo lxc.net.0.type = empty > seed');
  const { milliseconds } = await owner.run('tlxc-create', '-n', 'k1', '-t', 'busybox', '-f', 'seed');
  const whole = await contentOf(owner, 'k1');
  await owner.sh(
    'tlxc-snapshot -n k1; tlxc-export -n k1 k1.tar.zst; tlxc-copy -n k1 -N k2; tlxc-copy -n k1 -N k3 -s',
  );
  await owner.sh('tlxc-create -n k4 -t busybox -f seed -B overlay; tlxc-snapshot -n k3; tlxc-start -n k2');
  // Alone; among the others it takes longer, and most are killed in the midst of what they do.
  const said = await storm({ owner, random, longest: (milliseconds * 2) / 1000 });
  t.deepEqual(
    said.filter((each) => BROKEN.test(each)),
    [],
  );
  await settled(owner);
  const names = await namesIn(owner);
  t.log(names.join(' '));
  checkIds?.(names.map((name) => firstId(owner, name)));
  for (const name of names) t.is(await contentOf(owner, name), whole, `${name}\n${said.join('')}`);
  // Nothing is in the way of the next commands. An ephemeral one went when it was stopped.
  const left = await namesIn(owner);
  for (const name of NAMES.filter((each) => !left.includes(each)))
    await owner.sh(`tlxc-create -n ${name} -t busybox -f seed`);
  for (const name of NAMES) await owner.sh(`tlxc-snapshot -n ${name}`);
  await destroyAll(owner);
  // What a dead command left goes with the next one, also where nobody makes or destroys a container of that name again.
  await owner.sh(`cd ${owner.lxcpath}; mkdir -p .tlxc-staging-dead/rootfs/etc .trash/dead/rootfs/etc`);
  await owner.sh('tlxc-create -n last -t busybox -f seed');
  t.deepEqual(readdirSync(owner.lxcpath).sort(), ['.trash', 'last']);
  t.deepEqual(readdirSync(join(owner.lxcpath, '.trash')), []);
  await owner.sh('tlxc-destroy -n last');
  t.deepEqual(
    readdirSync(owner.lxcpath).filter((name) => name !== '.trash'),
    [],
  );
  t.deepEqual(readdirSync(join(owner.lxcpath, '.trash')), []);
}

rooted('the store is whole after a storm of killed commands', async (t) => {
  const world = await makeWorld(t);
  await weather(t, world, (ids) => t.is(new Set(ids).size, ids.length, `ids: ${ids.join(' ')}`));
  t.deepEqual(await world.leaks(), []);
});

byUser('so is a plain user’s', async (t) => {
  const user = await makeUser(t);
  const owner: Owner = {
    lxcpath: join(user.home, '.local/share/tlxc'),
    run: (program, ...args) => user.run(program, ...args),
    sh: (line) => user.sh(line),
  };
  await weather(t, owner);
});
