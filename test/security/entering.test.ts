/** Whoever enters a container is watched by its root, with all of its privileges, from the first moment. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { attackProgram, createContainer } from './attacks.ts';

const filtered = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');

const ATTACHES = 100;

/** DEV:INODE of everything in the containers' root filesystems, as a process sees it that stats it from outside. */
async function inodes(world: World): Promise<Set<string>> {
  const found = await world.sh(`find ${world.lxcpath}/*/rootfs -printf '%D:%i\\n'`);
  return new Set(
    found.split('\n').map((line) => {
      const [device = 0, inode = 0] = line.split(':').map(Number);
      return `${device >> 8}:${device & 0xff}:${inode}`;
    }),
  );
}

/** What c1's root finds out while the line of shell runs outside. */
async function stalk(world: World, line: string): Promise<string[]> {
  const stalker = world.spawn('tlxc-attach', '-n', 'c1', '--', '/stalk');
  const lines: string[] = [];
  const reader = createInterface({ input: stalker.stdout }).on('line', (said) => lines.push(said));
  await once(reader, 'line');
  await world.sh(line, { env: { TLXC_HOST_SECRET: '1' } });
  stalker.stdin.end('enough');
  await once(reader, 'close');
  return lines.slice(1);
}

/** What was opened of files that are in no root filesystem, nor what an attach is. */
async function strangers(world: World, seen: readonly string[]): Promise<string[]> {
  const known = await inodes(world);
  return seen.filter((line) => {
    const [what, inode = '', path = ''] = line.split(' ');
    const expected = path.startsWith('/memfd:tlxc-enter') || path === '/etc/passwd';
    return what === 'open' && !known.has(inode) && !expected;
  });
}

function attachLoops(): string {
  const attach = 'tlxc-attach -n c1 -- true </etc/passwd >/dev/null';
  // Two at a time. A machine that is busy enough lets a monitor's deadline pass: then once more.
  const loop = `i=0; while [ $i -lt ${ATTACHES / 2} ]; do ${attach} || { sleep 1; ${attach}; } || exit 1; i=$((i+1)); done`;
  return `(${loop}) & (${loop}); first=$?; wait $! && exit $first`;
}

for (const profile of ['u2', 'full'] as const) {
  filtered.serial(`${profile}: ${ATTACHES} attaches give a stalker nothing of the host`, async (t) => {
    const world = await makeWorld(t);
    await createContainer(world, 'c1', profile, { attacks: ['stalk'] });
    await world.sh('tlxc-start -n c1');
    const seen = await stalk(world, attachLoops());
    t.deepEqual(await strangers(world, seen), []);
    const others = seen.filter((line) => !line.startsWith('open '));
    t.deepEqual(
      others.filter((line) => /^(written|secret|traced)/.test(line)),
      [],
    );
    t.is(others.filter((line) => line.startsWith('capabilities')).length, 1);
    t.deepEqual(
      others.filter((line) => line.startsWith('seccomp')),
      ['seccomp 2'],
    );
    t.true(
      seen.some((line) => line.startsWith('open ')),
      'it did look',
    );
  });
}

filtered.serial('a start into namespaces of a container gives its root nothing of the host', async (t) => {
  const world = await makeWorld(t);
  await createContainer(world, 'c1', 'u2', { attacks: ['stalk'] });
  const shared = ['pid', 'user'].map((name) => `lxc.namespace.share.${name} = c1`);
  addBusybox(world, 'c2', { privileged: true, config: shared });
  await world.sh('tlxc-start -n c1');
  const start = 'tlxc-start -F -n c2 -- /bin/sh -c true </dev/null';
  const seen = await stalk(world, `for i in $(seq 15); do ${start} || exit 1; done`);
  t.deepEqual(await strangers(world, seen), []);
  t.deepEqual(
    seen.filter((line) => /^(written|secret)/.test(line)),
    [],
  );
  t.true(
    seen.some((line) => line.startsWith('capabilities') && line.endsWith('ffffffffff')),
    'a start was seen under way',
  );
});

const DESCRIPTORS = { 7: '/', 9: '/etc/shadow', 63: '/sys/fs/cgroup', 251: '/proc', 1000: '/' };

/** A line of shell, run with descriptors of the host open that the shell does not close. */
const leaking = (line: string): string => {
  const opened = Object.entries(DESCRIPTORS).map(([fd, path]) => `${fd}<${path}`);
  return `bash -c "exec ${opened.join(' ')}; ${line}"`;
};

/** Of a listing by ls -l: what of the above is in it. */
const leaked = (listing: string): string[] =>
  listing.split('\n').filter((line) => Object.values(DESCRIPTORS).includes(line.split(' -> ')[1] ?? ''));

filtered('no descriptor of the caller reaches init, hooks, the monitor or a command', async (t) => {
  const world = await makeWorld(t);
  const list = 'ls -l /proc/self/fd';
  const hook = join(world.dir, 'hook');
  writeFileSync(hook, `#!/bin/sh\n(echo $3; ${list}) >> ${world.dir}/saw\n`, { mode: 0o755 });
  // Some of the hooks are the container's root already, who is nobody here.
  await world.sh(`touch ${world.dir}/saw; chmod 666 ${world.dir}/saw`);
  const hooks = ['pre-start', 'pre-mount', 'mount', 'start-host', 'post-stop'];
  await createContainer(world, 'c1', 'u2', {
    config: [...hooks.map((name) => `lxc.hook.${name} = ${hook}`), 'lxc.hook.start = /hook'],
  });
  const inside = '#!/bin/sh\n(echo start; ls -l /proc/self/fd) >> /dev/shm/saw\n';
  writeFileSync(join(world.lxcpath, 'c1/rootfs/hook'), inside, { mode: 0o755 });

  await world.sh(leaking('tlxc-start -d -n c1'));
  const monitor = await world.sh(`ls -l /proc/$(pgrep -f '^.tlxc monitor. ${world.lxcpath} c1')/fd`);
  t.deepEqual(leaked(monitor), []);
  t.regex(monitor, /socket/, 'it was the monitor');
  const attached = await world.sh(leaking(`tlxc-attach -n c1 -- ls -l /proc/1/fd /proc/self/fd`));
  t.deepEqual(leaked(attached), []);
  const startHook = await world.sh('tlxc-attach -n c1 -- cat /dev/shm/saw');
  t.regex(startHook, /^start\n.* 1 -> /s);
  t.deepEqual(leaked(startHook), []);
  await world.sh('tlxc-stop -k -n c1');

  const foreground = await world.sh(leaking(`tlxc-start -F -n c1 -- /bin/ls -l /proc/self/fd </dev/null`));
  t.regex(foreground, / 1 -> /);
  t.deepEqual(leaked(foreground), []);
  const saw = await world.sh(`cat ${world.dir}/saw`);
  for (const name of hooks) t.regex(saw, new RegExp(`^${name}$`, 'm'));
  t.deepEqual(leaked(saw), []);
});

/** t: the terminal, p: a pipe, d: /dev/null, for standard input, output and error. */
const STREAMS: Readonly<Record<string, string>> = {
  ttt: '',
  tpp: '2>&1 | cat',
  dtt: '</dev/null',
  dpt: '</dev/null | cat',
  ddd: '</dev/null >/dev/null 2>&1',
};

requires(
  'root',
  'busybox',
  'terminal',
)("nothing is typed into the caller's terminal", async (t) => {
  const world = await makeWorld(t);
  await createContainer(world, 'c1', 'full', { attacks: ['type'] });
  // What waits to be read from the terminal. script(1) types an end of file of its own.
  const read = `perl -MFcntl -e 'sysopen T, "/dev/tty", O_RDONLY|O_NONBLOCK; sysread T, $_, 99; tr/\\0\\1\\4//d; print "typed <$_>\\n"'`;
  const session = join(world.dir, 'session');
  const tryIn = async (attack: string, ended: RegExp): Promise<void> => {
    writeFileSync(session, `stty -icanon -echo; ${attack}; echo ended $?; ${read}\n`);
    const { stdout } = await world.run('script', '-qec', `sh ${session}`, '/dev/null');
    t.regex(stdout, ended, attack);
  };
  const hook = '#!/bin/sh\n/type; true\n';
  writeFileSync(join(world.lxcpath, 'c1/rootfs/hook'), hook, { mode: 0o755 });
  for (const start of ['tlxc-start -F', 'tlxc-execute', 'tlxc-start -F -s lxc.hook.start=/hook'])
    for (const redirection of ['', '</dev/null'])
      await tryIn(`${start} -n c1 ${redirection} -- /type`, /ended \d+[^]*typed <>/);
  await world.sh('tlxc-start -n c1');
  for (const redirections of Object.values(STREAMS))
    await tryIn(`tlxc-attach -n c1 -- /type ${redirections}`, /ended 0[^]*typed <>/);
});

filtered("nothing of the caller's environment is found inside, however it is started", async (t) => {
  const world = await makeWorld(t);
  const look = 'for f in /proc/[0-9]*/environ; do tr "\\\\0" "\\\\n" < $f; done; env';
  await createContainer(world, 'c1', 'full', { config: ['lxc.hook.start = /hook'] });
  const hook = `#!/bin/sh\n(${look}; echo looked) >> /dev/shm/saw 2>&1\n`;
  writeFileSync(join(world.lxcpath, 'c1/rootfs/hook'), hook.replaceAll('\\\\', '\\'), { mode: 0o755 });
  const env = { TLXC_HOST_SECRET: 'value-of-the-host', LD_PRELOAD_NOT: 'value-of-the-host' };
  const inside = `sh -c 'cat /dev/shm/saw; ${look}'`;
  const running = await world.sh(`tlxc-start -n c1; tlxc-attach -n c1 -- ${inside}; tlxc-stop -k -n c1`, {
    env,
  });
  const foreground = await world.sh(`tlxc-start -F -n c1 -- ${inside} </dev/null`, { env });
  const executed = await world.sh(`tlxc-execute -n c1 -- ${inside} </dev/null`, { env });
  for (const said of [running, foreground, executed]) {
    t.regex(said, /^looked\r?$/m);
    t.regex(said, /^container=lxc\r?$/m);
    t.notRegex(said, /HOST_SECRET|value-of-the-host/);
  }
});

filtered('a start hook cannot look into what becomes init, whatever init may do', async (t) => {
  const world = await makeWorld(t);
  await createContainer(world, 'c1', 'full', { config: ['lxc.hook.start = /hook'] });
  const hook = '#!/bin/sh\nreadlink /proc/1/exe > /dev/shm/exe; readlink /proc/1/fd/* > /dev/shm/fds; true\n';
  writeFileSync(join(world.lxcpath, 'c1/rootfs/hook'), hook, { mode: 0o755 });
  await world.sh('tlxc-start -n c1');
  t.is(await world.sh('tlxc-attach -n c1 -- cat /dev/shm/exe /dev/shm/fds'), '');
  t.is(await world.sh('tlxc-attach -n c1 -- readlink /proc/1/exe'), '/bin/busybox\n', 'others can');
});

/** With the privileges of LXC its root is the host's, and has root's own keyring; the caller's is another. */
const FOUND = {
  u2: [],
  p3: [],
  full: ['found in user', 'found in user session', 'found in /proc/keys'],
} as const;

for (const profile of ['u2', 'p3', 'full'] as const) {
  filtered.serial(`${profile}: no key of the caller is found by init or by a command`, async (t) => {
    const world = await makeWorld(t);
    await createContainer(world, 'c1', profile, { attacks: ['keys'] });
    const keys = attackProgram('keys');
    const loud = await world.run(keys, 'plant', keys, 'find');
    t.regex(loud.stdout, /found in session\nfound in user\n/, 'it is there to be found');
    const init = ['/bin/sh', '-c', '/keys find; echo looked; exec sleep 60'];
    try {
      await world.sh(
        `${keys} plant tlxc-start -n c1 -L ${world.dir}/console -- ${init.map((word) => `'${word}'`).join(' ')}`,
      );
      const command = await world.run(keys, 'plant', 'tlxc-attach', '-n', 'c1', '--', '/keys', 'find');
      const found = FOUND[profile].map((line) => `${line}\n`).join('');
      t.is(command.stdout + command.stderr, found);
      t.is(await world.sh(`tr -d '\\r' < console`), `${found}looked\n`);
    } finally {
      await world.run(keys, 'remove');
    }
  });
}

filtered('full: no capability of the caller is inherited by init or by a command', async (t) => {
  const world = await makeWorld(t);
  await createContainer(world, 'c1', 'full', { attacks: ['inside'] });
  const giving = 'setpriv --inh-caps +chown,+sys_admin --ambient-caps +chown,+sys_admin';
  const none = /^inheritable 0+\nambient 0$/m;
  t.notRegex(await world.sh(`${giving} ${attackProgram('inside')}`), none, 'it is there to be inherited');
  await world.sh(`${giving} tlxc-start -n c1`);
  t.is(
    await world.sh('tlxc-attach -n c1 -- grep -E "^Cap(Inh|Amb)" /proc/1/status'),
    `CapInh:\t${'0'.repeat(16)}\nCapAmb:\t${'0'.repeat(16)}\n`,
  );
  t.regex(await world.sh(`${giving} tlxc-attach -n c1 -- /inside`), none);
});
