import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

/** A running container u1, and a way to attach to it. */
async function running(t: ExecutionContext, config: readonly string[] = []) {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config });
  await world.sh('tlxc-start -n u1');
  return { world, attach: (...words: readonly string[]) => world.run('tlxc-attach', '-n', 'u1', ...words) };
}

rooted("the exit status is the command's: its own, 128 + signal, 126, 127", async (t) => {
  const { attach } = await running(t);
  t.is((await attach('--', 'true')).code, 0);
  t.is((await attach('--', 'sh', '-c', 'exit 7')).code, 7);
  t.is((await attach('--', 'sh', '-c', 'kill -9 $$')).code, 137);
  const missing = await attach('--', 'no-such-program');
  t.is(missing.code, 127);
  t.is(missing.stderr, 'tlxc-attach: u1: no-such-program: No such file or directory\n');
  const refused = await attach('--', '/etc/passwd');
  t.is(refused.code, 126);
  t.is(refused.stderr, 'tlxc-attach: u1: /etc/passwd: Permission denied\n');
});

rooted('it runs inside: the hostname, the processes, the root filesystem, the control groups', async (t) => {
  const { attach } = await running(t);
  t.is((await attach('--', 'hostname')).stdout, 'u1\n');
  t.regex((await attach('--', 'ps', '-o', 'pid,comm')).stdout, /^ +1 init$/m);
  t.is(
    (await attach('--', 'cat', '/etc/hostname')).code,
    1,
    'the host has one, this root filesystem has none',
  );
  const groups = (await attach('--', 'cat', '/proc/self/cgroup')).stdout.trim().split('\n');
  for (const line of groups) t.regex(line, /:\/(\.tlxc)?$/);
});

rooted('nothing but the command stays in its v2 group', async (t) => {
  const { world } = await running(t);
  const point = (await world.sh(`awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts`)).trim();
  if (point === '') return void t.pass('no v2 tree');
  const waiting = world.spawn('tlxc-attach', '-n', 'u1', '--', 'sh', '-c', 'echo here; cat; true');
  await once(waiting.stdout, 'data');
  const group = `$(dirname $(find ${point} -path '*.tlxc/cgroup.procs'))`;
  // sh and cat, in either order of their start.
  await eventually(
    5,
    async () => (await world.sh(`wc -l < ${group}/cgroup.procs`)).trim() === '2' || undefined,
  );
  t.notRegex(
    await world.sh(`for pid in $(cat ${group}/cgroup.procs); do cat /proc/$pid/comm; done`),
    /enter/,
  );
  waiting.stdin.end();
  await once(waiting, 'exit');
});

rooted('without a command: the login shell, which reads what it is told', async (t) => {
  const { world } = await running(t);
  const shell = await world.runWith({ input: 'echo "$0 $HOME $USER"; exit 3' }, 'tlxc-attach', '-n', 'u1');
  t.is(shell.stdout, '/bin/sh /root root\n');
  t.is(shell.code, 3);
});

rooted('-u and -g are ids inside; no group of the caller stays', async (t) => {
  const { attach } = await running(t);
  t.is((await attach('-u', '1000', '-g', '7', '--', 'id')).stdout, 'uid=1000(user) gid=7\n');
  t.regex((await attach('--', 'grep', 'Groups', '/proc/self/status')).stdout, /^Groups:\s*$/);
  const unmapped = await attach('-u', '70000', '--', 'id');
  t.is(unmapped.code, 1);
  t.is(
    unmapped.stderr,
    'tlxc-attach: u1: the container has no uid 70000\n  hint: its lxc.idmap has 0-65535\n',
  );
});

rooted('-s enters some namespaces and leaves the others; -R shows them in /proc', async (t) => {
  const { attach } = await running(t);
  t.is((await attach('-s', 'UTSNAME', '--', 'sh', '-c', 'hostname; test -e /usr/bin/perl')).stdout, 'u1\n');
  const fresh = await attach('-s', 'PID', '-R', '--', 'sh', '-c', 'cat /proc/1/comm; test -e /usr/bin/perl');
  t.is(fresh.stderr, '');
  t.is(fresh.stdout, 'init\n');
  t.is(fresh.code, 0);
});

rooted('environment: clean, with what the container and -v say; more only as asked', async (t) => {
  const { world } = await running(t, [
    'lxc.environment = FROM=container',
    'lxc.environment = OVER=container',
  ]);
  const env = { TLXC_HOST_SECRET: 'host-secret', LC_ALL: 'C' };
  const seen = async (...options: readonly string[]) =>
    (await world.runWith({ env }, 'tlxc-attach', '-n', 'u1', ...options, '--', 'env')).stdout.split('\n');
  const clean = await seen('-v', 'OVER=cli');
  for (const line of ['container=lxc', 'FROM=container', 'OVER=cli', 'LC_ALL=C', 'TERM=dumb', 'HOME=/root'])
    t.true(clean.includes(line), line);
  t.false(clean.some((line) => line.includes('host-secret')));
  t.true((await seen('--keep-var', 'TLXC_HOST_SECRET')).includes('TLXC_HOST_SECRET=host-secret'));
  t.true((await seen('--keep-env')).includes('TLXC_HOST_SECRET=host-secret'));
  const cleared = await seen('--clear-env');
  t.false(cleared.some((line) => /^(TERM|HOME|LC_ALL)=/.test(line)));
});

rooted("the working directory is the caller's where it exists inside, else /", async (t) => {
  const { world } = await running(t);
  const at = async (cwd: string) =>
    (await world.runWith({ cwd }, 'tlxc-attach', '-n', 'u1', '--', 'pwd')).stdout.trim();
  t.is(await at('/tmp'), '/tmp');
  t.is(await at('/usr/share'), '/');
  t.is(await at('/proc/self'), '/');
});

rooted('--cwd: nothing runs where that directory cannot be entered', async (t) => {
  const { world } = await running(t);
  const asked = (...words: string[]) => world.run('tlxc-attach', '-n', 'u1', ...words, '--', 'pwd');
  t.is((await asked('--cwd=/etc')).stdout, '/etc\n');
  const missing = await asked('--cwd=/no/such');
  t.is(missing.code, 1);
  t.is(missing.stdout, '');
  t.regex(
    missing.stderr,
    /^tlxc-attach: u1: cannot change to the directory \/no\/such \(chdir\): no such file or directory\n +hint: /,
  );
  t.regex(
    (await asked('--cwd=/proc/1/root')).stderr,
    /\/proc\/1\/root \(chdir\): permission denied\n +hint: .* \/proc/,
  );
});

rooted("another user's private directory is not entered, unless capabilities allow that", async (t) => {
  const { world, attach } = await running(t, ['lxc.cap.drop = dac_override dac_read_search']);
  const path = join(world.dir, 'private');
  await attach('--', 'sh', '-c', `mkdir -p ${path} && chown 7 ${path} && chmod 700 ${path}`);
  const asked = (...words: string[]) => attach(...words, `--cwd=${path}`, '--', 'pwd');
  t.is((await asked('-u', '7')).stdout, `${path}\n`, 'its own');
  for (const words of [['-u', '1000'], [], ['-u', '1000', '-e']]) {
    const denied = await asked(...words);
    t.is(denied.stdout, '', words.join(' '));
    t.regex(denied.stderr, /cannot change to the directory \S+ \(chdir\): permission denied\n/);
  }
  t.is((await asked('--elevated-privileges=CAP')).stdout, `${path}\n`, 'root with its capabilities');
  mkdirSync(path, { mode: 0o700 });
  const ours = ['tlxc-attach', '-n', 'u1', '-u', '1000', '--', 'pwd'] as const;
  t.is((await world.runWith({ cwd: path }, ...ours)).stdout, '/\n', "the caller's, where none was asked for");
});

const refused = async (t: ExecutionContext, world: World, name: string, why: string) => {
  const outcome = await world.run('tlxc-attach', '-n', name, '--', 'true');
  t.is(outcome.code, 1);
  t.is(outcome.stderr.split('\n')[0], `tlxc-attach: ${why}`);
};

rooted('stopped, unknown, frozen and wedged containers are errors at once', async (t) => {
  const { world, attach } = await running(t);
  addBusybox(world, 'u2');
  await refused(t, world, 'u2', 'u2 is not running');
  await refused(t, world, 'nobody', 'nobody: Container is not defined');

  const freezes = async (type: string, path: string, [on, off]: readonly [string, string]) => {
    const mounts = `awk '$3 == "${type}" && (/freezer/ || $3 == "cgroup2") { print $2; exit }' /proc/mounts`;
    const point = (await world.sh(mounts)).trim();
    if (point === '') return;
    const file = `$(find ${point} -path '*/u1/ns/${path}')`;
    await world.sh(`echo ${on} > ${file}`);
    const frozen = await attach('--', 'true');
    await world.sh(`echo ${off} > ${file}`);
    t.is(frozen.code, 1);
    // Said before anything enters: an attach that waited in the group would say that it took too long.
    t.regex(frozen.stderr, /^tlxc-attach: u1: the container is frozen/);
  };
  t.is((await attach('--', 'true')).code, 0);
  await freezes('cgroup', 'freezer.state', ['FROZEN', 'THAWED']);
  await freezes('cgroup2', 'cgroup.freeze', ['1', '0']);
  await freezes('cgroup2', '.tlxc/cgroup.freeze', ['1', '0']);
  t.is((await attach('--', 'true')).code, 0);

  const instance = await world.sh(`cat ${world.runDir}/*/u1/instance.json`);
  const { monitorPid } = JSON.parse(instance) as { monitorPid: number };
  await world.sh(`kill -STOP ${monitorPid}`);
  const wedged = await attach('--', 'true');
  await world.sh(`kill -CONT ${monitorPid}`);
  t.is(wedged.code, 1);
  t.regex(wedged.stderr, /^tlxc-attach: u1: the container's monitor does not answer/);
});

rooted('signals reach the command, and what kills the attach ends the command', async (t) => {
  const { world } = await running(t);
  const inside = 'trap "echo got TERM; exit 9" TERM; echo ready; while :; do sleep 0.1; done';
  const term = await world.sh(
    `tlxc-attach -n u1 -- sh -c '${inside}' > out & pid=$!
     while ! grep -q ready out; do sleep 0.05; done; kill -TERM $pid; wait $pid; echo $?; cat out`,
  );
  t.is(term, '9\nready\ngot TERM\n');
  await world.sh(
    `tlxc-attach -n u1 -- sh -c 'echo ready; exec sleep 4242' > out & pid=$!
     while ! grep -q ready out; do sleep 0.05; done; kill -KILL $pid; wait $pid || true`,
  );
  const left = async () => (await world.run('pgrep', '-f', 'sleep 4242')).stdout;
  t.is(await eventually(30, async () => ((await left()) === '' ? 'nothing' : undefined)), 'nothing');
});

rooted('no Node process stays behind: it has become a small native one', async (t) => {
  const { world } = await running(t);
  const exe = await world.sh(
    `tlxc-attach -n u1 -- sh -c 'echo ready; sleep 5' > out & pid=$!
     while ! grep -q ready out; do sleep 0.05; done
     for i in $(seq 600); do readlink /proc/$pid/exe | grep '/tlxc-pty$' && break; sleep 0.05; done; kill $pid`,
  );
  t.regex(exe, /\/tlxc-pty$/m);
});

rooted("a hostile /etc/passwd neither stops an attach nor shows the host's", async (t) => {
  const { world, attach } = await running(t);
  const passwd = join(world.lxcpath, 'u1/rootfs/etc/passwd');
  const shell = () => world.runWith({ input: 'echo "$0 $HOME"' }, 'tlxc-attach', '-n', 'u1', '-u', '1000');
  await attach('--', 'sh', '-c', 'rm /etc/passwd; mkfifo /etc/passwd');
  t.is((await shell()).stdout, '/bin/sh /\n');
  await attach('--', 'sh', '-c', 'rm /etc/passwd; truncate -s 1G /etc/passwd');
  t.is((await shell()).stdout, '/bin/sh /\n');
  await attach('--', 'rm', '/etc/passwd');
  writeFileSync(passwd, `${'x'.repeat(9000)}\nuser:x:1000:1000::/home/u:/bin/no-such-shell\n`);
  t.is((await shell()).stdout, '/bin/sh /home/u\n');
});
