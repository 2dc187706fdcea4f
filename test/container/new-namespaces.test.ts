/** tlxc-unshare and tlxc-usernsexec beside LXC's: what the command sees, and how its end is told. */
import test from 'ava';
import { defaultMaps, withSelf } from '../../src/container/new-namespaces.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeUser, USER } from '../rig/user.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns');
const compared = requires('root', 'userns', 'lxc');

/** Command lines after the program's name, run by both; their statuses and standard outputs must be the same. */
const UNSHARE: readonly (readonly string[])[] = [
  [],
  ['true'],
  ['-s', 'UTSNAME'],
  ['-s', 'BOGUS', 'true'],
  ['-s', 'utsname', 'true'],
  ['-s', 'NETWORK,PID', 'true'],
  ['-s', '', 'true'],
  ['-s', 'MNT', 'true'],
  ['-s', '|net|', 'true'],
  ['-s', 'UTSNAME', '-H', 'other', 'hostname'],
  ['-s', 'UTSNAME', '--hostn=other', '--', 'hostname'],
  ['-H', 'other', '-s', 'PID', 'hostname'],
  ['-s', 'PID', '-M', 'true'],
  ['-s', 'PID', '-i', 'lo', 'true'],
  ['-s', 'PID', '--', 'sh', '-c', 'echo $$'],
  ['-s', 'NETWORK', '--', 'sh', '-c', 'ls /sys/class/net/ > /dev/null; ip -br link'],
  ['-s', 'NETWORK', '-i', 'nosuch', 'echo', 'runs'],
  ['-s', 'IPC', '--', 'ipcs', '-m'],
  ['-s', 'USER', 'id'],
  ['-s', 'USER', '-u', '0', 'id'],
  ['-s', 'USER', '-u', 'nobody', '--', 'sh', '-c', 'id; cat /proc/self/uid_map /proc/self/gid_map'],
  ['-s', 'USER', '-u', 'nosuchuser', 'id'],
  ['-s', 'UTSNAME', 'nosuchcommand'],
  ['-s', 'UTSNAME', '/etc/passwd'],
  ['-s', 'UTSNAME', '--', 'sh', '-c', 'exit 3'],
  ['-s', 'UTSNAME', '--', 'sh', '-c', 'kill -9 $$'],
  ['-s', 'UTSNAME', 'hostname', '-f'],
  ['-n', 'c1', '-s', 'UTSNAME', 'true'],
];

const EXEC: readonly (readonly string[])[] = [
  ['--', 'sh', '-c', 'id; cat /proc/self/uid_map /proc/self/gid_map'],
  ['-s', '--', 'sh', '-c', 'id; cat /proc/self/uid_map /proc/self/gid_map'],
  ['-m', 'b:0:200000:10', '--', 'sh', '-c', 'cat /proc/self/uid_map /proc/self/gid_map; exit 7'],
  [
    '-m',
    'u:0:200000:10',
    '-m',
    'g:0:300000:5',
    '--',
    'sh',
    '-c',
    'cat /proc/self/uid_map /proc/self/gid_map',
  ],
  ['-m', 'b:0:4711:1', '-m', 'b:1:200000:1', 'true'],
  [
    '-s',
    '-m',
    'u:0:200000:10',
    '-m',
    'g:0:300000:5',
    '--',
    'sh',
    '-c',
    'cat /proc/self/uid_map /proc/self/gid_map',
  ],
  ['-m', 'u:0:200000:10', '--', 'id'],
  ['-m', 'b:5:200000:10', '--', 'id'],
  ['-m', 'b:0:900000:10', '--', 'true'],
  ['-m', 'bogus', '--', 'id'],
  ['-m', 'x:0:1:1', '--', 'id'],
  ['--', 'nosuch'],
  ['--', 'sh', '-c', 'touch mine && stat -c %u:%g mine && rm mine'],
  ['id', '-u'],
];

/** LXC's line continues, "Failed to wait", where the command failed; what is told is compared by whether it is. */
compared('tlxc-unshare does what lxc-unshare does', async (t) => {
  const world = await makeWorld(t);
  for (const words of UNSHARE) {
    const [ours, theirs] = [
      await world.run('tlxc-unshare', ...words),
      await world.run('lxc-unshare', ...words),
    ];
    const of = ({ code, stdout, stderr }: typeof ours) => ({ code, stdout, silent: stderr === '' });
    t.deepEqual(of(ours), of(theirs), `${words.join(' ')}\n${ours.stderr}\n${theirs.stderr}`);
  }
});

requires(
  'root',
  'users',
  'lxc',
)('tlxc-usernsexec does what lxc-usernsexec does', async (t) => {
  const user = await makeUser(t);
  for (const words of EXEC) {
    const [ours, theirs] = [
      await user.run('tlxc-usernsexec', ...words),
      await user.run('lxc-usernsexec', ...words),
    ];
    const of = ({ code, stdout }: typeof ours) => ({ code, stdout: code === 0 ? stdout : '' });
    t.deepEqual(of(ours), of(theirs), `${words.join(' ')}\n${ours.stderr}\n${theirs.stdout}${theirs.stderr}`);
  }
  // LXC's exits with 0 then.
  t.is((await user.run('tlxc-usernsexec', '--', 'sh', '-c', 'kill -9 $$')).code, 137);
  const shell = await user.run('sh', '-c', 'echo "id -u; exit 4" | tlxc-usernsexec');
  t.deepEqual([shell.code, shell.stdout], [4, '0\n']);
  t.is(
    (await user.run('tlxc-usernsexec', '-u', '5', '-g', '6', '--', 'sh', '-c', 'id -u; id -g')).stdout,
    '5\n6\n',
  );
  t.regex(
    (await user.run('tlxc-usernsexec', '-m', 'b:0:900000:10', 'true')).stderr,
    /^tlxc-usernsexec: \S+newuidmap: .*900000/,
  );
});

const unshare = (world: World, ...words: readonly string[]) => world.run('tlxc-unshare', ...words);

rooted('fresh filesystems are seen inside, and nothing of them outside', async (t) => {
  const world = await makeWorld(t);
  await world.sh('mount --make-rshared /');
  const inside = await unshare(
    world,
    '-s',
    'MOUNT|PID',
    '-M',
    '--',
    'sh',
    '-c',
    'echo /proc/[0-9]*; ls /dev/shm; touch /dev/shm/x',
  );
  t.is(inside.stdout, '/proc/1\n');
  t.is(await world.sh('test -e /dev/shm/x || echo gone'), 'gone\n');
  t.false((await world.sh('cat /proc/self/mountinfo')).includes(' - mqueue mqueue '));
  await world.sh('mount --make-rprivate /');
});

rooted('-i gives an interface, -u another user, TIME a clock of its own', async (t) => {
  const world = await makeWorld(t);
  await world.sh('ip link add given0 type veth peer name left0');
  const names = await unshare(
    world,
    '-s',
    'NETWORK',
    '-i',
    'given0',
    '--',
    'sh',
    '-c',
    'ip -br link | cut -d@ -f1',
  );
  t.regex(names.stdout, /^given0$/m);
  t.regex(
    (await unshare(world, '-s', 'NETWORK', '-i', 'no0', 'true')).stderr,
    /cannot give it the interface no0: No such device/,
  );
  t.is(
    (await unshare(world, '-s', 'UTSNAME', '-u', 'nobody', '--', 'sh', '-c', 'id -u; id -G')).stdout,
    '65534\n65534\n',
  );
  const clocks = await unshare(world, '-s', 'TIME', '--', 'sh', '-c', 'readlink /proc/self/ns/time');
  t.not(clocks.stdout, await world.sh('readlink /proc/self/ns/time'));
});

rooted('-d returns when the command runs, and says when it does not', async (t) => {
  const world = await makeWorld(t);
  t.is(
    (
      await unshare(
        world,
        '-s',
        'UTSNAME',
        '-d',
        '--',
        'sh',
        '-c',
        'exec < /dev/null > /dev/null 2>&1; sleep 1; exit 3',
      )
    ).code,
    0,
  );
  const absent = await unshare(world, '-s', 'UTSNAME', '-d', 'nosuch');
  t.deepEqual(
    [absent.code, absent.stderr],
    [
      1,
      'tlxc-unshare: cannot execute nosuch: No such file or directory\n  hint: name a program that PATH has, or the path of one that may be executed\n',
    ],
  );
});

rooted('who reads no further, or has pressed Ctrl+C, is not told so', async (t) => {
  const world = await makeWorld(t);
  const ended = async (line: string) => {
    const { code, stderr } = await world.run('bash', '-c', line);
    return [code, stderr];
  };
  t.deepEqual(await ended('tlxc-unshare -s UTSNAME -- yes | head -n 1; exit ${PIPESTATUS[0]}'), [1, '']);
  t.deepEqual(await ended("tlxc-unshare -s UTSNAME -- sh -c 'kill -INT $$'"), [1, '']);
  t.deepEqual(await ended("tlxc-unshare -s UTSNAME -- sh -c 'kill -KILL $$'"), [
    1,
    'tlxc-unshare: sh: Killed\n',
  ]);
});

rooted('the command ends with tlxc-unshare', async (t) => {
  const world = await makeWorld(t);
  const child = world.spawn('tlxc-unshare', '-s', 'PID', '--', 'sh', '-c', 'echo begun; exec sleep 60');
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const ended = new Promise((resolve) => child.once('close', resolve));
  await world.sh('kill $(pgrep -x tlxc-namespaces || pgrep -f tlxc-namespaces.*sleep)');
  await ended;
  const left = async () => (await world.run('pgrep', '-x', 'sleep')).code;
  t.is(await eventually(30, async () => ((await left()) === 1 ? 'nothing' : undefined)), 'nothing');
});

requires('users', 'root')('who is not root is told what would be allowed', async (t) => {
  const user = await makeUser(t);
  const alone = await user.run('tlxc-unshare', '-s', 'UTSNAME', 'true');
  t.deepEqual([alone.code, alone.stderr.includes('hint: ask for USER, too (-s)')], [1, true]);
  t.is((await user.run('tlxc-unshare', '-s', 'USER|UTSNAME', '-H', 'mine', 'hostname')).stdout, 'mine\n');
  await user.world.sh('echo > /etc/subuid');
  const none = await user.run('tlxc-usernsexec', 'true');
  t.deepEqual(
    [none.code, none.stderr.split('\n')[0]],
    [1, `tlxc-usernsexec: /etc/subuid gives ${USER.name} no ids`],
  );
});

test('the caller comes after the maps, at the first id that is free', (t) => {
  const map = { kind: 'uid', inside: 0, outside: 100_000, count: 10 } as const;
  const own = withSelf([map, { ...map, kind: 'gid', inside: 5 }], { uid: 1000, gid: 1001 }).slice(2);
  t.deepEqual(own, [
    { kind: 'uid', inside: 10, outside: 1000, count: 1 },
    { kind: 'gid', inside: 0, outside: 1001, count: 1 },
  ]);
  t.throws(() => defaultMaps(4_000_000_000), { message: /gives .* no ids/ });
});
