/** Health probes: what a person sees of them, and what is left of one that ends badly. */
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { rigProgram } from '../../rig/programs.ts';
import { requires } from '../../rig/requires.ts';
import { makeUser } from '../../rig/user.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox').serial;
const byUser = requires('root', 'userns', 'overlay', 'users', 'busybox').serial;

interface Info {
  readonly state: string;
  readonly pid: number | null;
  readonly health: {
    readonly status: string;
    readonly since: string;
    readonly failures: number;
    readonly last: { exitCode: number | null; timedOut: boolean; output: string } | null;
  } | null;
  readonly restart: { readonly count: number } | null;
  readonly lastExit: Readonly<Record<string, unknown>> | null;
}

const infoOf = async (world: World): Promise<Info> =>
  JSON.parse(await world.sh('tlxc-info -n c1 --json')) as Info;

const once = (world: World, wanted: (info: Info) => boolean): Promise<Info> =>
  eventually(30, async () => {
    const info = await infoOf(world);
    return wanted(info) ? info : undefined;
  });

const is = (status: string) => (info: Info) => info.health?.status === status;
const inside = (world: World, name: string) => join(world.lxcpath, 'c1/rootfs', name);

/** They sleep for a quarter of an hour: who has ended was killed, and init has reaped it. */
const onceNoneSleeps = (world: World): Promise<true> =>
  eventually(30, async () => {
    const { stdout } = await world.run('tlxc-attach', '-n', 'c1', '--', 'pidof', 'sleep');
    return stdout === '' ? true : undefined;
  });

/** What is asked from now on. */
function ask(world: World, script: string): void {
  writeFileSync(inside(world, 'new'), `${script}\n`);
  renameSync(inside(world, 'new'), inside(world, 'probe'));
}

/** Asked every second, and as the lines say. */
async function made(t: ExecutionContext, script: string, lines: readonly string[] = []): Promise<World> {
  const world = await makeWorld(t);
  const config = ['tlxc.health.command = . /probe', 'tlxc.health.interval = 1', ...lines];
  addBusybox(world, 'c1', { config });
  ask(world, script);
  return world;
}

const AT_ONCE = ['tlxc.health.start-period = 0', 'tlxc.health.retries = 1'];

rooted('a start waits until it is healthy; each change is told to all who ask', async (t) => {
  const world = await made(t, 'exit 0', ['tlxc.health.retries = 2']);
  await world.sh(`tlxc-monitor --json -n c1 > events 2>&1 < /dev/null & echo $! > watcher
    for i in $(seq 300); do ls ${world.runDir}/*/.watchers/[0-9]* > found 2>&1 && break; sleep 0.1; done`);
  await world.sh('tlxc-start c1 --wait=healthy');
  t.like((await infoOf(world)).health, { status: 'healthy', failures: 0, last: { exitCode: 0 } });
  t.regex(await world.sh('tlxc-info c1'), /^Health: +healthy \(exit code 0\)$/m);
  ask(world, 'echo first; echo connection refused >&2; exit 7');
  const ill = await once(world, is('unhealthy'));
  t.like(ill.health, { last: { exitCode: 7, timedOut: false, output: 'first\nconnection refused\n' } });
  t.true((ill.health?.failures ?? 0) >= 2, 'not at the first failure');
  t.regex(await world.sh('tlxc-info c1'), /^Health: +unhealthy \(exit code 7: connection refused\)$/m);
  t.regex(await world.sh('tlxc-ls -f'), /^NAME STATE +HEALTH +AUTOSTART.*\nc1 +RUNNING unhealthy /);
  t.regex(await world.sh('tlxc-ls -F NAME,HEALTH'), /^c1 +unhealthy/m);
  const late = await world.run('tlxc-wait', '-n', 'c1', '--for=healthy', '-t', '1');
  t.is(late.code, 1);
  t.regex(late.stderr, /waited 1 s in vain for healthy: it is unhealthy \(exit code 7: connection refused\)/);
  ask(world, 'exit 0');
  await world.sh('tlxc-wait -n c1 --for=healthy -t 60');
  t.regex(
    await world.sh('tlxc-logs -n c1 --monitor'),
    /health healthy \(exit 0\)\n[^]*health unhealthy \(exit 7: connection refused\)\n[^]*health healthy \(exit 0\)\n/,
  );
  const told = async () =>
    (await world.sh('cat events'))
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ health }) => health !== undefined)
      .map(({ state, health }) => `${String(state)} ${String(health)}`);
  await eventually(30, async () => (await told()).length >= 3);
  await world.sh('kill $(cat watcher)');
  t.deepEqual(await told(), ['RUNNING healthy', 'RUNNING unhealthy', 'RUNNING healthy']);
  await world.sh('tlxc-stop -k -n c1');
  t.is((await infoOf(world)).health, null);
});

rooted('what is asked has the rights of an attached command, its variables and no more', async (t) => {
  const facts =
    'grep -E "^(Cap|Seccomp:|NoNewPrivs|Uid|Gid|Groups)" /proc/self/status; env | sort | grep -v ^SHLVL; pwd; ' +
    'cat /proc/self/cgroup; ulimit -n; for ns in mnt net user pid; do readlink /proc/self/ns/$ns; done';
  const more = ['lxc.environment = COLOUR=blue', 'lxc.prlimit.nofile = 500', 'lxc.cap.drop = net_raw'];
  more.push('tlxc.credential.set.key = for init alone');
  const world = await made(t, facts, [...more, 'lxc.no_new_privs = 1']);
  writeFileSync(inside(world, 'facts'), `${facts}\n`);
  await world.sh('tlxc-start c1 --wait=healthy');
  const attached = await world.sh('cd / && tlxc-attach -n c1 --clear-env -- /bin/sh -c ". /facts"');
  t.regex(attached, /COLOUR=blue/);
  t.is((await infoOf(world)).health?.last?.output, attached);
});

/** Who asks, and what it may do: no root's capabilities. */
const IDENTITY = 'id -u; id -g; id -G; grep CapEff /proc/self/status';
const POWERLESS = 'CapEff:\t0000000000000000\n';

rooted('what is asked by a user of the container has its groups and no power', async (t) => {
  const world = await made(t, IDENTITY, ['tlxc.health.user = web']);
  writeFileSync(inside(world, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nweb:x:70:71::/srv:/bin/sh\n');
  const others = Array.from({ length: 900 }, (_, at) => `somebody-of-many-${at}`).join(',');
  writeFileSync(
    inside(world, 'etc/group'),
    `web:x:71:\nlong:x:80:${others},web\nnot:x:81:webs\nlast:x:82:web`,
  );
  await world.sh('tlxc-start c1 --wait=healthy');
  t.is((await infoOf(world)).health?.last?.output, `70\n71\n71 80 82\n${POWERLESS}`);
  await world.sh('tlxc-stop -k -n c1');
  for (const [user, output] of [
    ['web:long', '70\n80\n80\n'],
    ['70', '70\n71\n71 80 82\n'],
    ['5:6', '5\n6\n6\n'],
  ] as const) {
    await world.sh(`tlxc-start c1 -s tlxc.health.user=${user} --wait=healthy`);
    t.is((await infoOf(world)).health?.last?.output, output + POWERLESS, user);
    await world.sh('tlxc-stop -k -n c1');
  }
});

rooted('whom it does not know runs nothing; without a word it is who runs its init', async (t) => {
  const world = await made(t, IDENTITY, [...AT_ONCE, 'tlxc.health.user = nobody-here']);
  await world.sh('tlxc-start c1');
  const ill = await once(world, is('unhealthy'));
  const output = "tlxc-health: no user nobody-here in the container's /etc/passwd\n";
  t.like(ill.health?.last, { exitCode: 126, output });
  await world.sh('tlxc-stop -k -n c1');
  const init = ['lxc.init.uid=1000', 'lxc.init.gid=1001', 'lxc.init.groups=7,8', 'tlxc.health.user='];
  await world.sh(
    `tlxc-start c1 ${init.map((line) => `-s ${line}`).join(' ')} -s lxc.init.cmd='/bin/sleep 1000' --wait=healthy`,
  );
  t.is((await infoOf(world)).health?.last?.output, `1000\n1001\n1001 7 8\n${POWERLESS}`);
  await world.sh('tlxc-stop -k -n c1');
});

rooted('a start may take its time; a reboot begins anew', async (t) => {
  const world = await made(t, 'echo x >> /asked; exit 3', AT_ONCE.slice(1));
  await world.sh('tlxc-start c1');
  const before = await once(world, ({ health }) => health?.last?.exitCode === 3);
  t.like(before.health, { status: 'starting', failures: 0 }, 'it does not count yet');
  ask(world, 'exit 0');
  const well = await once(world, is('healthy'));
  ask(world, 'exit 3');
  await once(world, is('unhealthy'));
  await world.sh('tlxc-stop -r -n c1');
  const again = await once(world, ({ pid, health }) => pid !== null && pid !== well.pid && health !== null);
  t.is(again.health?.status, 'starting');
  ask(world, 'exit 0');
  await once(world, is('healthy'));
});

rooted('what takes too long is killed with all of its session', async (t) => {
  const slow = '[ -e /once ] && exit 0; touch /once; /own-group sleep 1000 & echo waiting; sleep 1001';
  const world = await made(t, slow, [...AT_ONCE, 'tlxc.health.timeout = 1', 'tlxc.health.interval = 2']);
  copyFileSync(rigProgram('own-group'), inside(world, 'own-group'));
  await world.sh('tlxc-start c1');
  const ill = await once(world, is('unhealthy'));
  t.like(ill.health?.last, { timedOut: true, exitCode: 137, output: 'waiting\n' });
  await onceNoneSleeps(world);
  await once(world, is('healthy'));
});

for (const user of ['', 'user'])
  rooted(
    `who asks is killed from outside: nothing goes on that was asked${user && ', as another user'}`,
    async (t) => {
      const lines = user === '' ? [] : [`tlxc.health.user = ${user}`];
      const world = await made(t, 'sleep 1001; exit 0', [...lines, 'tlxc.health.start-period = 100']);
      await world.sh('tlxc-start c1');
      const parentOf = async (pid: string): Promise<string> =>
        (await world.sh(`ps -o ppid= -p ${pid}`)).trim();
      const asleep = await eventually(30, async () => {
        const { stdout } = await world.run('pgrep', '-x', '-f', 'sleep 1001');
        return stdout.trim() || undefined;
      });
      const probe = await parentOf(await parentOf(asleep));
      t.regex(await world.sh(`cat /proc/${probe}/cmdline`), /^\[tlxc monitor\]/);
      ask(world, 'exit 3');
      await world.sh(`kill -9 ${probe}`);
      await onceNoneSleeps(world);
      const again = await once(world, ({ health }) => health?.last?.exitCode === 3);
      t.is(again.health?.failures, 0, 'it has not ended by itself, and starts still');
      t.regex(await world.sh('tlxc-info c1'), /^Health: +starting /m);
    },
  );

rooted('what it leaves behind ends with it, what it prints is bounded and harmless', async (t) => {
  const flood = "sleep 1000 & yes flood | head -c 3000000; printf 'tail\\033[31m\\377end'; exit 1";
  const world = await made(t, flood, AT_ONCE);
  await world.sh('tlxc-start c1');
  const ill = await once(world, is('unhealthy'));
  const output = ill.health?.last?.output ?? '';
  t.true(output.endsWith('flood\nflood\ntail\u001b[31m\ufffdend'), output.slice(-40));
  t.true(Buffer.byteLength(output) <= 4096);
  t.true(Buffer.byteLength(output) > 4000);
  ask(world, 'exit 0');
  await once(world, is('healthy'));
  await onceNoneSleeps(world);
  const told = await world.sh('tlxc-logs -n c1 --monitor');
  t.regex(told, /health unhealthy \(exit 1: tail\?\[31m\?+end\)/);
  ask(world, "printf '\\033[31mred'; exit 1");
  await once(world, is('unhealthy'));
  const shown = await world.sh('tlxc-info c1');
  t.regex(shown, /^Health: +unhealthy \(exit code 1: .*red\)$/m);
  t.false(shown.includes('\u001b'));
});

rooted('a container that is stopped while it is asked is gone at once', async (t) => {
  const world = await made(t, 'touch /asked; sleep 1000', AT_ONCE);
  await world.sh('tlxc-start c1');
  await eventually(30, async () =>
    (await world.run('test', '-e', inside(world, 'asked'))).code === 0 ? true : undefined,
  );
  await world.sh('tlxc-stop -k -n c1 && tlxc-start c1 && tlxc-stop -k -n c1');
  t.is((await infoOf(world)).state, 'STOPPED');
});

rooted('nobody asks a frozen container, and its time stands still', async (t) => {
  const world = await made(t, 'echo x >> /asked; sleep 2', [...AT_ONCE, 'tlxc.health.timeout = 4']);
  await world.sh('tlxc-start c1');
  const asked = () => readFileSync(inside(world, 'asked'), 'utf8').length;
  await once(world, is('healthy'));
  await world.sh('tlxc-freeze -n c1');
  const before = asked();
  await sleep(6000); // longer than the timeout
  t.is(asked(), before);
  t.like(await infoOf(world), { state: 'FROZEN', health: { status: 'healthy', failures: 0 } });
  await world.sh('tlxc-unfreeze -n c1');
  await eventually(30, () => Promise.resolve(asked() > before + 1 ? true : undefined));
  t.like((await infoOf(world)).health, { status: 'healthy', failures: 0 });
});

rooted('an unhealthy container is started again, later each time, but not against a person', async (t) => {
  const restart = ['tlxc.restart = on-failure', 'tlxc.restart.delay = 6', 'tlxc.health.restart = 1'];
  const world = await made(t, 'echo hangs; exit 1', [...AT_ONCE, ...restart]);
  await world.sh('tlxc-start c1');
  const first = await once(world, ({ restart: next }) => next?.count === 1);
  t.like(first.lastExit, { unhealthy: true, failed: true, requested: false });
  t.regex(await world.sh('tlxc-info c1'), /^Restart: .*last exit: ended because it was unhealthy\)$/m);
  await once(world, ({ restart: next }) => next?.count === 2);
  await world.sh('tlxc-stop -n c1');
  t.like(await infoOf(world), { state: 'STOPPED', restart: null });
  ask(world, 'exit 0');
  await world.sh('tlxc-start c1 --wait=healthy');
  await world.sh('tlxc-stop -n c1');
  t.like(await infoOf(world), { restart: null, lastExit: { requested: true, unhealthy: false } });
});

rooted('mistakes are told before anything is done', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  const start = await world.run('tlxc-start', 'c1', '--wait=healthy');
  t.is(start.code, 1);
  t.regex(start.stderr, /c1: nothing says whether it is healthy: .*no tlxc\.health\.command\n +hint: /);
  t.is((await infoOf(world)).state, 'STOPPED');
  await world.sh('tlxc-start c1');
  const wait = await world.run('tlxc-wait', '-n', 'c1', '--for=healthy');
  t.is(wait.code, 1);
  t.regex(wait.stderr, /no tlxc\.health\.command/);
  t.regex(await world.sh('tlxc-ls -f'), /^NAME STATE +AUTOSTART/, 'as LXC has it');
});

byUser("a plain user's command ends with who asks, killed from outside", async (t) => {
  const user = await makeUser(t);
  const config = [
    'lxc.net.0.type = empty',
    'tlxc.health.command = sleep 1002; true',
    'tlxc.health.interval = 1',
  ];
  await user.sh(`printf '%s\\n' ${config.map((line) => `'${line}'`).join(' ')} 'tlxc.health.user = 1' > seed
    tlxc-create -n c1 -f seed -t busybox && tlxc-start -n c1`);
  const asleep = (): Promise<string> => user.sh("pgrep -x -f 'sleep 1002' || true");
  const first = await eventually(30, async () => (await asleep()).trim() || undefined);
  await user.sh(`shell=$(ps -o ppid= -p ${first}); kill -9 $(ps -o ppid= -p $shell)`);
  const isGone = async (): Promise<boolean> => !(await asleep()).split('\n').includes(first);
  t.true(await eventually(30, async () => (await isGone()) || undefined));
  await user.sh('tlxc-stop -k -n c1');
});

byUser("a plain user's container is asked, too", async (t) => {
  const user = await makeUser(t);
  const lines = ['lxc.net.0.type = empty', 'tlxc.health.command = id -u; sleep 1000 & test -e /well'];
  await user.sh(`printf '%s\\n' ${[...lines, 'tlxc.health.interval = 1', ...AT_ONCE].map((line) => `'${line}'`).join(' ')} > seed
    tlxc-create -n c1 -f seed -t busybox && tlxc-start -n c1`);
  const health = async () => (JSON.parse(await user.sh('tlxc-info -n c1 --json')) as Info).health;
  const comes = (status: string) =>
    eventually(30, async () => ((await health())?.status === status ? true : undefined));
  await comes('unhealthy');
  await user.sh('tlxc-attach -n c1 -- touch /well');
  await comes('healthy');
  t.like(await health(), { last: { exitCode: 0, output: '0\n' } });
  await user.sh('tlxc-stop -k -n c1');
});
