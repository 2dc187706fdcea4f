/** Files of the container that an attach meets, made to mislead it: accounts, /proc, /dev/null, the directory it is in. */
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';
import { createContainer } from './attacks.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');

/** Each makes /etc/passwd inside what no one would expect. */
const ACCOUNTS: Readonly<Record<string, string>> = {
  missing: 'true',
  'a FIFO': 'mkfifo /etc/passwd',
  '1 GiB of nothing': 'truncate -s 1G /etc/passwd',
  'a line without an end': 'head -c 900000 /dev/zero | tr "\\0" r > /etc/passwd',
  'a directory': 'mkdir /etc/passwd',
  'a link to /etc/shadow': 'ln -s /etc/shadow /etc/passwd',
  'a link to itself': 'ln -s passwd /etc/passwd',
  'a link to a device': 'ln -s /dev/zero /etc/passwd',
  'a link to memory': 'ln -s /proc/self/mem /etc/passwd',
  'a link to standard input': 'ln -s /proc/self/fd/0 /etc/passwd',
  'a socket of its own': 'ln -s /dev/console /etc/passwd',
  'control characters': `printf 'r\\033[31m:x:0:0::/\\033[2J:/bin/sh\\n' > /etc/passwd`,
};

rooted('whatever /etc/passwd is, an attach runs at once and shows nothing of the host', async (t) => {
  const world = await makeWorld(t);
  await createContainer(world, 'c1', 'u2');
  await world.sh('tlxc-start -n c1');
  for (const [what, make] of Object.entries(ACCOUNTS)) {
    await world.sh(`tlxc-attach -n c1 -- sh -c 'rm -rf /etc/passwd; ${make.replaceAll("'", `'\\''`)}'`);
    const asked = ['-n', 'c1', '-u', '65534', '--', 'sh', '-c', 'echo ran; env'];
    const ran = await world.runWith({ timeout: 15_000 }, 'tlxc-attach', ...asked);
    t.regex(ran.stdout, /^ran$/m, `${what}: ${ran.stderr}`);
    t.notRegex(ran.stdout, /TLXC|^HOME=\/tmp\/tlxc/m, what);
    const shell = await world.runWith({ timeout: 15_000, input: 'echo shell\n' }, 'tlxc-attach', '-n', 'c1');
    t.is(shell.stdout, 'shell\n', `${what}: ${shell.stderr}`);
  }
});

rooted('-u and -g take a number and nothing else; groups of the caller stay outside', async (t) => {
  const world = await makeWorld(t);
  await createContainer(world, 'c1', 'u2', { attacks: ['inside'] });
  await world.sh('tlxc-start -n c1');
  for (const id of [
    '0x0',
    '',
    ' 5',
    '5:',
    '-1',
    '4294967295',
    '4294967296',
    '4294967297',
    'nobody\n',
    '65536',
  ]) {
    const refused = await world.run('tlxc-attach', '-n', 'c1', '-u', id, '--', 'id', '-u');
    t.deepEqual([refused.code, refused.stdout], [1, ''], JSON.stringify(id));
  }
  const groups = ['setpriv', '--groups', '4,24,65534', 'tlxc-attach', '-n', 'c1'] as const;
  const [program, ...words] = groups;
  t.regex((await world.run(program, ...words, '--', '/inside')).stdout, /^uid 0 gid 0 groups 0$/m);
  const user = await world.run(program, ...words, '-u', '1000', '-g', '1000', '--', '/inside');
  t.regex(
    user.stdout,
    /^uid 1000 gid 1000 groups 0\n.*\npermitted 0+\ninheritable 0+\nambient 0\nseccomp 2$/m,
  );
});

for (const profile of ['u2', 'full'] as const) {
  rooted(`${profile}: a /proc that lies changes nothing of what an attached process may do`, async (t) => {
    const world = await makeWorld(t);
    await createContainer(world, 'c1', profile, { attacks: ['inside'] });
    await world.sh('tlxc-start -n c1');
    const before = await world.sh('tlxc-attach -n c1 -- /inside');
    t.regex(before, /\ninheritable 0+\nambient 0\nseccomp 2\n/);
    const fake = [
      'mkdir -p /fake/self/attr /fake/self/fd /fake/sys/kernel /fake/1/ns /fake/thread-self',
      'echo 0 > /fake/sys/kernel/cap_last_cap; echo 0 > /fake/self/loginuid',
      'printf "CapBnd:\\tffffffffffffffff\\n" > /fake/self/status; cp /fake/self/status /fake/1/status',
      'ln -s /etc /fake/self/root; echo / > /fake/self/cgroup; : > /fake/self/setgroups',
      'mount --bind /fake /proc',
    ];
    await world.sh(`tlxc-attach -n c1 -- sh -c '${fake.join('; ')}'`);
    t.is(await world.sh('tlxc-attach -n c1 -- /inside'), before);
    t.is(await world.sh('tlxc-attach -n c1 -- cat /proc/1/status'), 'CapBnd:\tffffffffffffffff\n');
    t.is(await world.sh('tlxc-info -n c1 -sH'), 'RUNNING\n');
    const explained = await world.sh('tlxc-config explain -n c1');
    t.notRegex(explained, /cannot|fffffffff/);
    await world.sh('tlxc-stop -k -n c1; cp -r lxc/c1/rootfs/fake/. lxc/c1/rootfs/proc');
    await world.sh('tlxc-start -n c1');
    t.is(
      await world.sh('tlxc-attach -n c1 -- /inside'),
      before,
      'nor one that the root filesystem has below the real one',
    );
    await world.sh(`tlxc-attach -n c1 -- sh -c '${fake.at(-1)}'; tlxc-stop -n c1 -t 1`);
    t.is(await world.sh('tlxc-info -n c1 -sH'), 'STOPPED\n');
  });
}

const typed = requires('root', 'userns', 'idmap', 'busybox', 'seccomp', 'terminal');

typed('an attach at a terminal opens nothing that lies over the ptmx of /dev/pts', async (t) => {
  const world = await makeWorld(t);
  await createContainer(world, 'c1', 'full');
  await world.sh('tlxc-start -n c1');
  const attach = `script -qec 'tlxc-attach -n c1 -- echo ran' /dev/null </dev/null`;
  t.regex(await world.sh(attach), /^ran\r?$/m);
  // Who opens the FIFO lets cat begin. It might be a device of the host's that does something when it is opened.
  const bait = 'mkfifo /bait; mount --bind /bait /dev/pts/ptmx; (cat /bait; : > /opened) > /dev/null 2>&1 &';
  await world.sh(`tlxc-attach -n c1 -- sh -c '${bait}'`);
  const refused = await world.run('sh', '-c', attach);
  t.regex(refused.stdout, /tlxc-attach: c1: .*\/dev\/pts\/ptmx/);
  t.notRegex(refused.stdout, /^ran/m);
  t.is(await world.sh('tlxc-attach -n c1 -- ls / | grep opened || true'), '');
});

const traced = requires('root', 'userns', 'idmap', 'busybox', 'seccomp', 'strace');

traced(
  'an attach opens nothing of the container but its accounts: no name service, no locale, no library',
  async (t) => {
    const world = await makeWorld(t);
    await createContainer(world, 'c1', 'u2');
    await world.sh('tlxc-start -n c1');
    const bait =
      'mkdir -p lib/x86_64-linux-gnu usr/lib/locale; touch lib/x86_64-linux-gnu/libnss_files.so.2 etc/nsswitch.conf';
    await world.sh(`cd lxc/c1/rootfs; ${bait}; touch etc/ld.so.preload etc/ld.so.cache`);
    const calls = 'open,openat,openat2,execve,execveat,setns,clone,clone3,fork,vfork';
    await world.sh(`strace -f -s 200 -o trace -e trace=${calls} tlxc-attach -n c1 -u 65534 -- /bin/true`);
    const lines = readFileSync(join(world.dir, 'trace'), 'utf8').split('\n');
    const entered = lines.findIndex((line) => / setns\(.* = 0$/.test(line));
    const its = new Set([lines[entered]?.split(' ')[0]]);
    const opened: string[] = [];
    for (const line of lines.slice(entered + 1)) {
      const [pid = ''] = line.split(' ');
      if (!its.has(pid)) continue;
      const born = / (?:clone|clone3|fork|vfork)\(.* = (\d+)$/.exec(line)?.[1];
      if (born !== undefined) its.add(born);
      if (line.includes(' execve("/bin/true"')) its.delete(pid);
      const path = / open(?:at2?)?\([^"]*"([^"]*)"/.exec(line)?.[1];
      if (path !== undefined) opened.push(path);
    }
    t.true(opened.includes('/etc/passwd'), 'it was followed');
    t.deepEqual(
      opened.filter((path) => !['/etc/passwd', 'etc/passwd', '/dev/null', world.dir].includes(path)),
      [],
    );
  },
);

/** What a container may do that has LXC's list of system calls or none: nothing there forbids pidfd_getfd. */
const UNFILTERED = { attacks: ['forge'], config: ['lxc.seccomp.profile ='] } as const;

for (const profile of ['u2', 'full'] as const) {
  traced(`${profile}: no process of the container tells in an attach's place what was born`, async (t) => {
    const world = await makeWorld(t);
    await createContainer(world, 'c1', profile, UNFILTERED);
    await world.sh('tlxc-start -n c1');
    const victim = spawn('sleep', ['60']);
    t.teardown(() => victim.kill());
    const forger = world.spawn('tlxc-attach', '-n', 'c1', '--', '/forge', String(victim.pid));
    const said = createInterface({ input: forger.stdout })[Symbol.asyncIterator]();
    await said.next();
    // Each write comes late, and each close: there is time for another's write, and to get hold of what with.
    const late = ['-e', 'inject=write:delay_enter=100000', '-e', 'inject=close:delay_enter=100000:when=1'];
    const slow = ['-f', '-o', '/dev/null', '-e', 'trace=write,close', ...late];
    const attach = ['tlxc-attach', '-n', 'c1', '--', 'sh', '-c', 'exit 7'];
    for (let i = 0; i < 3; ++i) {
      const { code, stderr } = await world.runWith({ timeout: 20_000 }, 'strace', ...slow, ...attach);
      t.is(code, 7, stderr);
    }
    forger.stdin.end('enough');
    const { value: counted } = (await said.next()) as { value: string };
    t.regex(counted, /^met [1-9]/);
    // Root with CAP_SYS_PTRACE over the host's processes gets hold of it, and is not listened to.
    t.regex(counted, profile === 'u2' ? / taken 0 written 0$/ : / taken [1-9]\d* written [1-9]/);
    t.is(victim.exitCode ?? victim.signalCode, null);
  });
}

rooted("the caller's directory is not brought along", async (t) => {
  const world = await makeWorld(t);
  await createContainer(world, 'c1', 'full');
  await world.sh('tlxc-start -n c1; mkdir -p only/here; touch /proc/self/fd');
  const here = await world.sh(
    'exec 5</; cd /proc/self/fd/5; cd only 2>/dev/null; tlxc-attach -n c1 -- sh -c "pwd; ls -d bin"',
  );
  t.is(here, '/\nbin\n');
  for (const cwd of [
    `${world.dir}/only/here`,
    '/proc/self',
    '/proc/1/root',
    '/proc/self/fd',
    '/sys/fs/cgroup',
  ]) {
    const inside = await world.sh(
      `cd ${cwd}; tlxc-attach -n c1 -- sh -c 'pwd; ls -a / | head -3; cd ..; pwd'`,
    );
    t.regex(inside, /^\//, cwd);
    t.notRegex(inside, /unreachable|only/, cwd);
  }
});

rooted("the host's /dev/null keeps its mode and owner", async (t) => {
  const world = await makeWorld(t);
  const before = statSync('/dev/null');
  t.teardown(() => chmodSync('/dev/null', before.mode));
  await createContainer(world, 'c1', 'full', { config: ['lxc.hook.start = /hook'] });
  const spoil = 'for fd in 0 1 2; do chmod 600 /proc/self/fd/$fd; chown 1000 /proc/self/fd/$fd; done';
  await world.sh(`printf '#!/bin/sh\\n${spoil}; true\\n' > ${world.lxcpath}/c1/rootfs/hook`);
  await world.sh(`chmod 755 ${world.lxcpath}/c1/rootfs/hook`);
  await world.sh(`tlxc-start -n c1 </dev/null >/dev/null 2>&1`);
  await world.sh(`tlxc-attach -n c1 -- sh -c '${spoil}' </dev/null >/dev/null 2>&1`);
  await world.sh(`tlxc-attach -n c1 -- sh -c 'for fd in 0 1 2; do chmod 600 /proc/1/fd/$fd; done' || true`);
  const after = statSync('/dev/null');
  t.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid]);
});
