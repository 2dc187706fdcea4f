/** Names that a command is going to use, taken by somebody before it: nothing is made, written or believed through them. */
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { makePlan } from '../executor/plan.ts';
import { makePlace, runPlan, script } from '../executor/run.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeUser } from '../rig/user.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { createContainer } from './attacks.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');

const NOBODY = 65534;

interface Scene {
  readonly world: World;
  /** RUNDIR/KEY, below which the store's containers have their run directories. */
  readonly store: string;
  /** A directory that everybody may write to, as it is. */
  readonly look: () => Promise<string>;
}

async function makeScene(t: ExecutionContext): Promise<Scene> {
  const world = await makeWorld(t);
  mkdirSync(join(world.dir, 'victim'));
  await world.sh(
    'mkdir victim/closed; echo untouched > victim/file; chmod 777 victim; chmod 666 victim/file',
  );
  await createContainer(world, 'c1', 'u2');
  await world.sh('tlxc-start -n c1; tlxc-stop -k -n c1');
  const key = readdirSync(world.runDir).find((name) => /^[0-9a-f]{16}$/.test(name)) ?? '';
  const look = () => world.sh(`find victim -printf '%P %y %m %U %s %l\\n' | sort; cat victim/file`);
  return { world, look, store: join(world.runDir, key) };
}

const START = ['tlxc-start -n c1', 'tlxc-stop -k -n c1'];
const LOGGED = [
  'tlxc-start -n c1 -o log -L console -p pid -s lxc.console.path=$PWD/terminal',
  'tlxc-stop -k -n c1',
];
const CREATE = ['tlxc-create -n c2 -t busybox -B dir -f c1.seed', 'tlxc-destroy -n c2'];

type Attempt = readonly [place: string, to: string, commands: readonly string[]];

/** Each taken by a link of somebody else's: to a directory, to a file, to nothing yet. */
function attemptsOn({ world, store }: Scene): Attempt[] {
  const records = ['instance.json', 'instance.json.new', 'network.json'];
  const inRunDir = ['lock', 'monitor.lock', 'monitor.sock', ...records];
  return [
    [store, 'victim', [...START, 'tlxc-attach -n c1 -- true', 'tlxc-info -n c1']],
    [join(store, 'c1'), 'victim', START],
    // Of root's alone: who planted the link could not write there, and root could.
    [store, 'victim/closed', START],
    [join(store, 'c1'), 'victim/closed', START],
    ...inRunDir.map((name): Attempt => [join(store, 'c1', name), 'victim/file', START]),
    [join(world.lxcpath, '.trash'), 'victim', CREATE],
    [join(world.lxcpath, '.tlxc-staging-c2'), 'victim', CREATE],
    ...['log', 'terminal', 'pid', 'pid.new'].map((name): Attempt => [name, 'victim/file', LOGGED]),
    ['console', 'victim/new', LOGGED],
  ];
}

rooted('links in the run directory, in the store and for logs lead nowhere', async (t) => {
  const scene = await makeScene(t);
  const { world, look } = scene;
  const before = await look();
  for (const [place, to, commands] of attemptsOn(scene)) {
    await world.sh(`rm -rf ${place}; mkdir -p $(dirname ${place}); ln -s ${world.dir}/${to} ${place}`);
    await world.sh(`chown -h ${NOBODY} ${place}`);
    for (const line of commands) {
      const { code, stderr } = await world.run('sh', '-c', line);
      if (code !== 0) t.regex(stderr, /^tlxc-/, `${place}: ${line}`);
      t.notRegex(stderr, /^ +at .*\.(ts|js)/m, `${place}: ${line}`);
    }
    t.is(await look(), before, place);
    await world.sh(`rm -rf ${place}`);
  }
  await world.sh('tlxc-start -n c1; tlxc-attach -n c1 -- true; tlxc-stop -k -n c1');
});

rooted('a run directory that others may change is refused, and named', async (t) => {
  const { world, store } = await makeScene(t);
  for (const [spoil, mend] of [
    [`chown ${NOBODY} ${store}`, `chown 0 ${store}`],
    [`chmod 777 ${store}`, `chmod 700 ${store}`],
  ] as const) {
    await world.sh(spoil);
    const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
    t.is(code, 1);
    t.true(
      stderr.startsWith(`tlxc-start: c1: cannot use the run directory ${store}: others can change`),
      stderr,
    );
    t.regex(stderr, /\n {2}hint: .*ls -ld .*tlxc\.rundir/);
    await world.sh(mend);
  }
  await world.sh('tlxc-start -n c1');
});

requires(
  'root',
  'userns',
  'users',
  'busybox',
)('nor is one used that somebody has made for a user, where everybody may', async (t) => {
  const user = await makeUser(t);
  const { world } = user;
  const runtime = join(world.dir, 'runtime');
  await user.sh("tlxc-create -n c1 -t busybox && sed -i '/^t*lxc.net/d' .local/share/tlxc/c1/config");
  await world.sh(`mkdir -m 1777 ${runtime}; install -d -o ${NOBODY} -m 1777 ${runtime}/tlxc`);
  for (const program of ['tlxc-start', 'tlxc-destroy']) {
    const run = ['env', `XDG_RUNTIME_DIR=${runtime}`, program, '-n', 'c1'] as const;
    const { code, stderr } = await user.run(...run);
    t.is(code, 1, program);
    t.true(stderr.includes(`${runtime}/tlxc: others can change`), stderr);
  }
  t.is(await world.sh(`ls -A ${runtime}/tlxc`), '');
});

rooted('who listens in the place of a monitor, and is not the caller or root, is not believed', async (t) => {
  const { world, store } = await makeScene(t);
  const listen = `use Socket; $| = 1; $) = $> = ${NOBODY}; socket(S, AF_UNIX, SOCK_SEQPACKET, 0);
    bind(S, sockaddr_un("$ARGV[0]")) or die; listen(S, 5); print "listening\\n"; STDIN->blocking(0);
    while (accept(C, S)) { recv(C, $text, 4096, 0); last if $text eq "end";
    send(C, '{"ok":true,"fds":[],"state":"RUNNING","initPid":1,"namespaces":["mnt"]}', 0) }`;
  await world.sh(`rm -rf ${store}/c1; mkdir ${store}/c1; chmod 755 ${world.runDir} ${store}`);
  await world.sh(`chown ${NOBODY} ${store}/c1`);
  const impostor = world.spawn('perl', '-MIO::Handle', '-e', listen, `${store}/c1/monitor.sock`);
  const ended = once(impostor, 'exit');
  await once(impostor.stdout, 'data');
  for (const words of [['tlxc-info'], ['tlxc-attach'], ['tlxc-stop', '-k'], ['tlxc-start']]) {
    const [program = '', ...more] = words;
    const asked = await world.runWith({ timeout: 10_000 }, program, '-n', 'c1', ...more);
    t.is(asked.code, 1, words.join(' '));
    t.regex(
      asked.stderr,
      /cannot talk to the container's monitor .*operation not permitted/,
      words.join(' '),
    );
    t.is(asked.stdout, '');
  }
  await world.sh(`kill -9 $(pgrep -x perl -u ${NOBODY}); rm ${store}/c1/monitor.sock`);
  await ended;
});

rooted('a record that no monitor wrote names no process to be killed', async (t) => {
  const { world, store } = await makeScene(t);
  const innocent = world.spawn('sleep', '1000');
  const ended = once(innocent, 'exit');
  const pid = await eventually(30, () =>
    world.sh('pgrep -x sleep || true').then((said) => said.trim() || undefined),
  );
  const startTime = (await world.sh(`cut -d' ' -f22 /proc/${pid}/stat`)).trim();
  const bootId = (await world.sh('cat /proc/sys/kernel/random/boot_id')).trim();
  const processes = { initPid: Number(pid), initStartTime: startTime, monitorPid: 0, monitorStartTime: '0' };
  const record = join(store, 'c1/instance.json');
  writeFileSync(record, JSON.stringify({ bootId, ...processes, cgroups: [] }));
  await world.sh(`chown ${NOBODY} ${record}`);
  await world.run('tlxc-stop', '-k', '-n', 'c1');
  await world.sh('tlxc-start -n c1; tlxc-stop -k -n c1');
  t.is(innocent.exitCode ?? innocent.signalCode, null);
  t.regex(await world.sh(`cat /proc/${pid}/stat`), /\(sleep\) S/);
  await world.sh(`kill -9 ${pid}`);
  await ended;
});

rooted("labels are written to the kernel, whatever lies in the root filesystem's /proc", async (t) => {
  for (const what of [
    { selinuxContext: 'a:b:c' },
    { keyringContext: 'a:b:c' },
    { apparmorProfile: 'name' },
  ]) {
    const place = makePlace(t);
    const plan = makePlan({ ...place, argv: script('echo ran') });
    plan.tree = plan.tree.filter(({ target }) => target !== 'proc');
    Object.assign(plan.security, what);
    const files = ['1', 'self', 'thread-self'].flatMap((name) =>
      ['attr/exec', 'attr/keycreate', 'attr/apparmor/exec'].map((file) =>
        join(place.rootfs, 'proc', name, file),
      ),
    );
    for (const file of files) {
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, '');
    }
    const { failure, output } = await runPlan(plan, place.rootfs);
    t.is(output, '', 'it runs unlabelled');
    t.regex(failure?.step ?? '', /^(selinux|apparmor)$/);
    for (const file of files) t.is(readFileSync(file, 'utf8'), '', file);
  }
});
