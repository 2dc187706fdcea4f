/** --wait: a start that returns when the container is as far as somebody needs it, or says what is missing. */
import type { ExecutionContext } from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Container } from '../../../src/container/container.ts';
import { addBusybox, addDebian } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const running = requires('root', 'userns', 'idmap', 'busybox').serial;
const debian = requires('root', 'userns', 'idmap', 'debian').serial;

const NETWORK = ['lxc.net.0.type = veth', 'lxc.net.0.flags = up'];

/** c1, whose init does these lines of inittab besides. */
async function container(
  t: ExecutionContext,
  inittab: readonly string[],
  config: readonly string[] = [],
): Promise<World> {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { config });
  const lines = ['::sysinit:/bin/true', ...inittab, '::shutdown:/bin/true'];
  writeFileSync(join(world.lxcpath, 'c1/rootfs/etc/inittab'), `${lines.join('\n')}\n`);
  return world;
}

const start = (world: World, ...words: readonly string[]) => world.run('tlxc-start', '-n', 'c1', ...words);
const inside = (world: World, line: string) => world.sh(`tlxc-attach -n c1 -- sh -c '${line}'`);

running(
  'running is what a start waits for anyway; what is asked of a running one is waited for, too',
  async (t) => {
    const world = await container(t, []);
    t.like(await start(world, '--wait=running'), { code: 0, stdout: '', stderr: '' });
    t.like(await start(world, '--wait', 'running,exec:test -d /proc/1'), { code: 0, stderr: '' });
  },
);

running('ready: an init is when it offers a login, and not while its boot scripts run', async (t) => {
  const boot = '::sysinit:/bin/sh -c "while ! test -e /tmp/booted; do sleep 0.1; done"';
  const world = await container(
    t,
    [boot, 'tty1::respawn:/sbin/getty -L tty1 115200 vt100'],
    ['lxc.tty.max = 1'],
  );
  t.like(await start(world, '--wait=ready', '--wait-timeout=1'), {
    code: 1,
    stderr:
      'tlxc-start: c1: waited 1 s in vain for ready: its init (init) has started no login prompt\n' +
      '  hint: it is RUNNING, and it goes on; tlxc-logs -n c1 --boot shows all that it printed; a longer --wait-timeout waits on\n',
  });
  await inside(world, ': > /tmp/booted');
  t.like(await start(world, '--wait=ready', '--wait-timeout=60'), { code: 0, stderr: '' });
});

running('ready: a program that is no init is when it runs', async (t) => {
  const world = await container(t, []);
  t.is((await start(world, '--wait=ready', '--', '/bin/sleep', '1000')).code, 0);
});

running('ip: an address that others can reach, from the moment it is there', async (t) => {
  const late = '::once:/bin/sh -c "sleep 1; ip link set eth0 up; ip addr add 10.1.2.3/24 dev eth0"';
  const world = await container(t, [late], NETWORK);
  t.like(await start(world, '--wait=ip', '--wait-timeout=60'), { code: 0, stderr: '' });
  t.regex(await inside(world, 'ip addr'), /10\.1\.2\.3/);
  await inside(world, 'ip addr del 10.1.2.3/24 dev eth0');
  t.regex(
    (await start(world, '--wait=ip', '--wait-timeout=0')).stderr,
    /in vain for ip: no interface has a global address: eth0 is up \(link \w+\)\n/,
  );
});

running('ip: the local IPv6 address that a bridge gives first is not enough, but to ip6', async (t) => {
  const world = await container(t, [], NETWORK);
  await start(world, '--wait=running');
  await inside(world, 'ip link set eth0 up; ip addr add fd01::5/64 dev eth0');
  const wait = (condition: string) => world.run('tlxc-wait', '-n', 'c1', `--for=${condition}`, '-t', '0');
  t.is((await wait('ip6')).code, 0);
  const local = await wait('ip');
  t.is(local.code, 1);
  t.regex(local.stderr, /no interface has a global address but fd01::5; ip6 is content with that: eth0/);
  t.regex((await wait('ip4')).stderr, /no interface has a global IPv4 address but fd01::5: eth0/);
  await inside(world, 'ip addr add 2001:db8::5/64 dev eth0');
  t.is((await wait('ip')).code, 0);
  t.is((await wait('ip4')).code, 1);
  await inside(world, 'ip addr del 2001:db8::5/64 dev eth0; ip addr add 10.1.2.3/24 dev eth0');
  t.is((await wait('ip,ip4,ip6')).code, 0);
});

running('ip: without a network there is none, and the reason is told', async (t) => {
  const world = await container(t, []);
  const { stderr } = await start(world, '--wait=ip', '--wait-timeout=0');
  t.regex(stderr, /for ip: it has no network interface but lo \(lxc\.net\.0\.type gives it one\)\n/);
});

running('port and exec: once something listens, and once a command exits 0', async (t) => {
  const world = await container(t, ['::once:/bin/sh -c "sleep 1; nc -l -p 8080"', '::once:/bin/nc -l -p 25']);
  t.like(
    await start(world, '--wait=port:8080,exec:test -e /tmp/a,b || touch /tmp/a,b', '--wait-timeout=60'),
    {
      code: 0,
      stderr: '',
    },
  );
  const { code, stderr } = await start(
    world,
    '--wait=port:99',
    '--wait=exec:echo why not; exit 7',
    '--wait-timeout=1',
  );
  t.is(code, 1);
  t.regex(
    stderr,
    /waited 1 s in vain for port:99: nothing listens on TCP port 99 in it \(but on 25, 8080\); exec:/,
  );
  t.regex(stderr, /'echo why not; exit 7' (exits 7 in it \(why not\)|has not ended in it)\n/);
});

running('a command that hangs does not outlive the wait', async (t) => {
  const world = await container(t, []);
  const { stderr } = await start(world, '--wait=exec:sleep 4321 & sleep 1234', '--wait-timeout=1');
  t.regex(stderr, /'sleep 4321 & sleep 1234' has not ended in it\n/);
  t.notRegex(await inside(world, 'ps'), /sleep/);
});

running('a command that cannot die holds nobody: the container is frozen meanwhile', async (t) => {
  const world = await container(t, []);
  await world.sh('tlxc-start -n c1');
  const waiting = start(world, '--wait=exec:touch /tmp/on; sleep 1234', '--wait-timeout=5');
  await eventually(60, async () => ((await inside(world, 'ls /tmp')).includes('on') ? true : undefined));
  await world.sh('tlxc-freeze -n c1');
  t.regex((await waiting).stderr, /hint: it is FROZEN, and tlxc-unfreeze -n c1 lets it go on;/);
  await world.sh('tlxc-unfreeze -n c1');
});

running('a container that stops is an error at once, with the reason', async (t) => {
  const world = await container(t, []);
  const before = performance.now();
  t.like(await start(world, '--wait=port:80', '--', '/bin/sh', '-c', 'sleep 1; exit 3'), {
    code: 1,
    stderr:
      'tlxc-start: c1: the container stopped while port:80 was waited for: its init exited with status 3\n' +
      '  hint: tlxc-logs -n c1 --boot shows all that it printed\n',
  });
  t.true(performance.now() - before < 60_000);
});

running('one that is gone with its end is not offered for a look', async (t) => {
  const world = await container(t, [], ['lxc.ephemeral = 1']);
  const { code, stderr } = await start(world, '--wait=port:80', '--', '/bin/sh', '-c', 'sleep 1; exit 3');
  t.is(code, 1);
  t.regex(stderr, /its init exited with status 3\n +hint: it was for one run .* make another /);
  await world.sh('tlxc-wait -n c1 -s STOPPED -t 60');
});

running('a reboot begins the wait anew', async (t) => {
  const world = await container(t, [], NETWORK);
  await world.sh('tlxc-start -n c1');
  await inside(world, 'ip addr add 10.1.2.3/24 dev eth0');
  const waiting = start(world, '--wait=exec:test -e /run/second', '--wait-timeout=60');
  await inside(world, 'reboot');
  await eventually(60, async () =>
    (await inside(world, 'ip addr').catch(() => '10.1')).includes('10.1') ? undefined : true,
  );
  await inside(world, 'touch /run/second');
  t.like(await waiting, { code: 0, stderr: '' });
});

running('what cannot be waited for is refused before anything starts', async (t) => {
  const world = await container(t, []);
  for (const [words, message] of [
    [['--wait=booted'], "'booted' is nothing that can be waited for"],
    [['--wait=port:0'], 'port:0: a port is a number from 1 to 65535'],
    [['--wait=exec:'], 'exec: names no command to wait for'],
    [['--wait-timeout=5'], '--wait-timeout without --wait'],
    [['--wait=ip', '--wait-timeout=soon'], "--wait-timeout takes a number of seconds, not 'soon'"],
    [['--wait=ip', '-F'], '--wait and -F exclude each other'],
  ] as const) {
    const { code, stderr } = await start(world, ...words);
    t.is(code, 1);
    t.true(stderr.includes(message), stderr);
  }
  t.is((await world.run('tlxc-info', '-n', 'c1', '-s')).stdout.trim(), 'State:          STOPPED');
});

debian('ready: systemd says itself when it has booted, degraded or not', async (t) => {
  const world = await makeWorld(t);
  addDebian(world, 'c1', {
    config: [
      'lxc.include = /usr/share/tlxc/config/common.conf',
      'lxc.include = /usr/share/tlxc/config/userns.conf',
      'lxc.net.0.type = empty',
    ],
  });
  const unit = '[Service]\nType=oneshot\nExecStart=/bin/false\n[Install]\nWantedBy=multi-user.target\n';
  const units = join(world.lxcpath, 'c1/rootfs/etc/systemd/system');
  writeFileSync(join(units, 'fails.service'), unit);
  await world.sh(`ln -s ../fails.service ${units}/multi-user.target.wants/fails.service`);
  const { code, stderr } = await start(world, '--wait=ready');
  t.is(code, 0, stderr);
  t.regex(stderr, /warning: its systemd has booted with failed units: systemctl --failed names them\n/);
  t.is(
    (await world.run('tlxc-attach', '-n', 'c1', '--', 'systemctl', 'is-system-running')).stdout,
    'degraded\n',
  );
});

running('the library waits by the same words', async (t) => {
  const world = await container(t, ['::once:/bin/nc -l -p 80']);
  const c1 = new Container('c1', { environment: world.env });
  await world.sh('tlxc-start -n c1');
  await c1.waitFor(['running', 'port:80']);
  const error = await t.throwsAsync(c1.waitFor('ip', { timeoutMs: 100 }));
  t.like(error, { code: 'TLXC_E_TIMEOUT' });
  const abort = new AbortController();
  const given = t.throwsAsync(c1.waitFor('port:81', { signal: abort.signal }));
  abort.abort(new Error('enough'));
  t.like(await given, { code: 'TLXC_E_ABORTED' });
});
