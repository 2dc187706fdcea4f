import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { startWithDev } from '../../effects/tables/running.ts';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

async function worldWith(t: ExecutionContext, config: readonly string[] = []) {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config });
  return { world, start: (...words: string[]) => world.run('tlxc-start', '-n', 'u1', ...words) };
}

const SLEEP = ['--', '/bin/sleep', '1000'];

rooted('it returns when init runs, silently; a second start says so and exits 0', async (t) => {
  const { world, start } = await worldWith(t);
  const first = await start(...SLEEP);
  t.deepEqual([first.code, first.stdout, first.stderr], [0, '', '']);
  t.is(await world.sh('tlxc-info -n u1 -sH'), 'RUNNING\n');
  const second = await start();
  t.deepEqual(
    [second.code, second.stderr],
    [
      0,
      'tlxc-start: u1: Container is already running\n  hint: tlxc-attach -n u1 enters it, tlxc-stop -n u1 stops it\n',
    ],
  );
});

rooted('of two starts at the same time one wins, and the other finds it running', async (t) => {
  const { start } = await worldWith(t);
  const both = await Promise.all([start(...SLEEP), start(...SLEEP)]);
  t.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  );
  const said = both.map(({ stderr }) => stderr).sort();
  t.deepEqual(said, [
    '',
    'tlxc-start: u1: Container is already running\n  hint: tlxc-attach -n u1 enters it, tlxc-stop -n u1 stops it\n',
  ]);
});

rooted(
  'whose command was killed a start goes on; the next one waits for it and finds it running',
  async (t) => {
    const world = await makeWorld(t);
    const slow = `lxc.hook.pre-start = ${world.dir}/slow`;
    addBusybox(world, 'u1', { config: [slow] });
    await world.sh(`printf '#!/bin/sh\\ntouch ${world.dir}/begun; sleep 1\\n' > slow; chmod +x slow`);
    await world.sh(`tlxc-start -n u1 & until [ -e begun ]; do sleep 0.02; done; kill -9 $!`);
    const next = await world.run('tlxc-start', '-n', 'u1');
    t.deepEqual(
      [next.code, next.stderr],
      [
        0,
        'tlxc-start: u1: Container is already running\n  hint: tlxc-attach -n u1 enters it, tlxc-stop -n u1 stops it\n',
      ],
    );
    t.is(await world.sh('tlxc-attach -n u1 -- hostname'), 'u1\n');
  },
);

rooted('a container that is not defined needs -f; what -f starts is listed while it runs', async (t) => {
  const { world } = await worldWith(t);
  const missing = await world.run('tlxc-start', 'other');
  t.is(missing.code, 1);
  t.regex(missing.stderr, /^tlxc-start: other: No container config specified\n {2}hint: /);
  const config = readFileSync(join(world.lxcpath, 'u1', 'config'), 'utf8');
  writeFileSync(join(world.dir, 'other.conf'), config);
  const started = await world.run('tlxc-start', 'other', '-f', 'other.conf', ...SLEEP);
  t.deepEqual([started.code, started.stderr], [0, '']);
  t.is(await world.sh('tlxc-ls -1'), 'other\nu1\n');
  t.is(await world.sh('tlxc-ls -1 --defined'), 'u1\n');
  t.is(await world.sh('tlxc-ls -1 --active'), 'other\n');
  await world.sh('tlxc-stop -k other');
  t.is(await world.sh('tlxc-ls -1'), 'u1\n');
});

rooted('in the foreground its output is ours, and its exit status, however soon it ends', async (t) => {
  const { start } = await worldWith(t);
  const talks = await start('-F', '--', '/bin/sh', '-c', 'echo out; exit 5');
  t.deepEqual([talks.code, talks.stdout], [5, 'out\r\n']);
  t.is((await start('-F', '--', '/bin/true')).code, 0);
  t.is((await start('-F', '-c', 'none', '--', '/bin/false')).code, 1);
});

rooted('in the foreground, into a file: what is in it already stays', async (t) => {
  const { world } = await worldWith(t);
  const words = '/bin/sh -c "echo two; echo three"';
  await world.sh(`{ echo one; tlxc-start -n u1 -F -- ${words}; echo four; } > out`);
  t.is(await world.sh('cat out'), 'one\ntwo\r\nthree\r\nfour\n');
});

rooted('-s changes this start only, -p and -L write their files', async (t) => {
  const { world, start } = await worldWith(t);
  const files = ['-p', 'monitor.pid', '-L', 'console.log'];
  await start(
    '-s',
    'lxc.uts.name=changed',
    ...files,
    '--',
    '/bin/sh',
    '-c',
    'echo $(hostname); exec sleep 1000',
  );
  t.is(await world.sh('tlxc-attach -n u1 -- hostname'), 'changed\n');
  const monitor = (await world.sh('cat monitor.pid')).trim();
  t.regex(await world.sh(`cat /proc/${monitor}/cmdline`), /u1/);
  t.is(await world.sh('cat console.log'), 'changed\r\n');
  await world.sh('tlxc-stop -k u1');
  t.false(existsSync(join(world.dir, 'monitor.pid')));
});

rooted('-p takes no place of a device: it would be replaced, and removed at the end', async (t) => {
  const { world, start } = await worldWith(t);
  await world.sh('mknod null c 1 3');
  const { code, stderr } = await start('-p', 'null', ...SLEEP);
  t.is(code, 1);
  t.regex(stderr, /cannot be written to \/.*\/null: it is no regular file.*\n {2}hint: name a file/);
  t.is(await world.sh('test -c null && tlxc-info -n u1 -sH'), 'STOPPED\n');
});

rooted('--share-net joins the network of another container', async (t) => {
  const world = await makeWorld(t);
  // Privileged: sysfs shows a network namespace, and is mounted only by who owns it.
  for (const name of ['u1', 'u2']) addBusybox(world, name, { privileged: true });
  await world.sh('tlxc-start u1 -- /bin/sleep 1000');
  const shared = await world.run('tlxc-start', 'u2', '--share-net', 'u1', ...SLEEP);
  t.is(shared.stderr, '');
  const namespace = (name: string) => world.sh(`tlxc-attach -n ${name} -- readlink /proc/self/ns/net`);
  t.is(await namespace('u2'), await namespace('u1'));
  const unknown = await world.run('tlxc-start', 'u2', '--share-net', 'u3');
  t.is(unknown.code, 0, 'u2 runs already, which is told first');
});

rooted('--plan prints what would be done and does nothing', async (t) => {
  const { world, start } = await worldWith(t);
  const { code, stdout } = await start('--plan', '-s', 'lxc.uts.name=planned');
  t.is(code, 0);
  t.like(JSON.parse(stdout), {
    name: 'u1',
    hostname: 'planned',
    configFile: join(world.lxcpath, 'u1', 'config'),
  });
  t.is(await world.sh('tlxc-info -n u1 -sH'), 'STOPPED\n');
});

rooted('a failed start tells the step, the path, the reason and the line, and leaves nothing', async (t) => {
  const { world, start } = await worldWith(t, ['lxc.mount.entry = /nonexistent srv none bind 0 0']);
  const config = join(world.lxcpath, 'u1', 'config');
  const line =
    readFileSync(config, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('/nonexistent')) + 1;
  const { code, stderr } = await start();
  t.is(code, 1);
  t.is(
    stderr,
    'tlxc-start: u1: cannot mount /nonexistent (open_tree): no such file or directory\n' +
      `  at ${config}:${line} (lxc.mount.entry)\n` +
      '  hint: what is to be mounted does not exist on the host; the option "optional" skips the entry\n',
  );
  t.deepEqual(await world.leaks(), []);
});

/** What is wrong with the language, what this host lacks, what is no file: found in different places, told in one. */
const WRONG = [
  'lxc.cgroup2.memory.max = lots',
  'lxc.rootfs.path = nbd:/srv/u1',
  'lxc.seccomp.profile = /no/such.policy',
  'lxc.rootfs.options = idmap=container,move',
  'lxc.uts.nmae = u2',
];

rooted(
  'every mistake of a configuration is told at once, each with its line, and nothing is started',
  async (t) => {
    const { world, start } = await worldWith(t, WRONG);
    const { code, stderr } = await start('-s', 'lxc.tty.max=many', '-s', 'lxc.init.groups=70000');
    t.is(code, 1);
    t.regex(stderr, /^tlxc-start: u1: its configuration has 7 problems\n/);
    const told = stderr
      .split('\n')
      .flatMap((line) => /^ {2}\S+?config:(\d+):|^ {2}(-s): /.exec(line)?.[0] ?? []);
    t.is(told.length, 7, stderr);
    t.is(stderr.match(/^ +\^+/gm)?.length, 7, 'a caret each');
    for (const line of WRONG) t.true(stderr.includes(`\n    ${line}\n`), line);
    t.is(await world.sh('tlxc-ls -1 --active'), '');
  },
);

rooted('a start that is killed leaves a container that runs, or none', async (t) => {
  const { world, start } = await worldWith(t);
  for (const delay of ['0.05', '0.1', '0.15', '0.2']) {
    await world.run('timeout', '-s', 'KILL', delay, 'tlxc-start', '-n', 'u1', ...SLEEP);
    t.is((await start(...SLEEP)).code, 0);
    t.is(await world.sh('tlxc-info -n u1 -sH'), 'RUNNING\n');
    t.is((await world.run('tlxc-stop', '-k', 'u1')).code, 0);
  }
});

rooted('where nothing listens at /dev/log the start says so, and goes on', async (t) => {
  const { world } = await worldWith(t);
  addBusybox(world, 'c1', { config: ['lxc.log.syslog = daemon'] });
  const said = await startWithDev(world, 'true');
  const reason = 'nothing can be sent to /dev/log (connect): no such file or directory';
  t.is(said, `tlxc-start: c1: warning: lxc.log.syslog: ${reason}\n`);
  t.is(await world.sh('tlxc-info -n c1 -sH'), 'RUNNING\n');
});
