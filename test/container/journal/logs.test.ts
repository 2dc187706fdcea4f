/** tlxc-logs: what a container printed is kept without being asked for, boot by boot, and harms no terminal. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { ExecutionContext } from 'ava';
import { readdirSync, statSync, symlinkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Container } from '../../../src/container/container.ts';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World, type WorldOptions } from '../../rig/world.ts';

const running = requires('root', 'userns', 'idmap', 'busybox').serial;

/** c1, whose init runs this line of shell on the console at each boot. */
async function container(t: ExecutionContext, boot: string, options: WorldOptions = {}): Promise<World> {
  const world = await makeWorld(t, options);
  addBusybox(world, 'c1');
  const inittab = `::sysinit:/bin/sh -c '${boot}'\n::shutdown:/bin/true\n`;
  writeFileSync(join(world.lxcpath, 'c1/rootfs/etc/inittab'), inittab);
  return world;
}

const logs = (world: World, ...words: readonly string[]) => world.run('tlxc-logs', '-n', 'c1', ...words);
const logDir = (world: World) => join(world.lxcpath, 'c1/log');
/** Init has done its line. */
const booted = (world: World) =>
  world.sh('tlxc-start -n c1 --wait="exec:test -e /tmp/done"; tlxc-attach -n c1 -- rm /tmp/done');

running('console and monitor are kept, nobody else may read them, and each boot is known', async (t) => {
  const world = await container(t, 'echo hello $$; : > /tmp/done');
  t.like(await logs(world), { code: 1, stdout: '' });
  t.regex(
    (await logs(world)).stderr,
    /^tlxc-logs: c1 has no log\n {2}hint: it is kept from its next start on/,
  );
  await booted(world);
  await world.sh('tlxc-stop -n c1');
  t.is(statSync(logDir(world)).mode & 0o7777, 0o700);
  t.is(statSync(join(logDir(world), 'journal')).mode & 0o7777, 0o600);
  const first = (await logs(world)).stdout;
  t.regex(
    first,
    /^-- \d{4}-\d\d-\d\dT[\d:.]+Z: start --\ntlxc: INFO state STARTING\ntlxc: INFO state RUNNING\nhello \d+\n/,
  );
  t.regex(first, /\ntlxc: INFO state STOPPED\n$/);
  await booted(world);
  await world.run('tlxc-attach', '-n', 'c1', '--', 'reboot');
  await eventually(60, async () =>
    (await logs(world, '--console')).stdout.match(/hello/g)?.length === 3 ? true : undefined,
  );
  t.regex((await logs(world, '--boot')).stdout, /^-- \S+: reboot --\n/);
  t.is((await logs(world, '--boot', '--console')).stdout.match(/hello/g)?.length, 1);
  t.is((await logs(world, '--boot=-2')).stdout, first);
  t.like(await logs(world, '--boot=-3'), {
    code: 1,
    stderr:
      'tlxc-logs: c1: the log has no more than 3 boots\n  hint: boot 0 is the last one, -1 that before it\n',
  });
  t.notRegex((await logs(world, '--monitor')).stdout, /hello/);
  t.is((await logs(world, '--lines=2')).stdout.split('\n').length, 3);
  t.is((await logs(world, '--since', '1h')).stdout, (await logs(world)).stdout);
  t.is((await logs(world, '--since', '0s')).stdout, '');
});

running('a start that fails tells its reason in the log, too', async (t) => {
  const world = await container(t, 'true');
  await world.run('tlxc-start', '-n', 'c1', '-s', 'lxc.hook.pre-start = /bin/false');
  t.regex(
    (await logs(world, '--boot', '--monitor')).stdout,
    /\ntlxc: ERROR hook pre-start: .*exit 1\ntlxc: INFO state ABORTING\n/,
  );
});

running('a forged mark is text; no terminal is driven by it, behind a pipe or not', async (t) => {
  const forged = '2026-01-01T00:00:00.000000Z boot F start';
  const world = await container(
    t,
    `printf "\\033[31mred\\033[0m\\033]0;title\\007\\n${forged}\\n10%%\\r20%%\\n"; : > /tmp/done`,
  );
  await booted(world);
  const raw = '\u001b[31mred\u001b[0m\u001b]0;title\u0007\r\n' + `${forged}\r\n10%\r20%\r\n`;
  t.is((await logs(world, '--boot', '--raw')).stdout, raw);
  t.is((await logs(world, '--boot', '--console')).stdout, `red\n${forged}\n10%\n20%\n`);
  const json = (await logs(world, '--boot', '--console', '--json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  t.like(json[1], { source: 'console', text: forged, ends: true });
});

running('-f goes on with what comes, a prompt without a line end too, and ends when it should', async (t) => {
  const world = await container(
    t,
    'printf "login: "; while ! test -e /tmp/go; do sleep 0.1; done; echo root',
  );
  const follower = world.spawn('sh', '-c', 'echo $$ > follower; exec tlxc-logs -n c1 -f');
  let seen = '';
  follower.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  await world.sh('tlxc-start -n c1');
  await eventually(60, async () => Promise.resolve(seen.endsWith('login: ') ? true : undefined));
  const ending = world.run('tlxc-logs', '-n', 'c1', '-f', '--until-stopped', '--console');
  await world.sh('tlxc-attach -n c1 -- touch /tmp/go');
  await eventually(60, async () => Promise.resolve(seen.includes('login: root') ? true : undefined));
  await world.sh('tlxc-stop -n c1');
  const { code, stdout } = await ending;
  t.is(code, 0);
  t.regex(stdout, /^login: root\n/);
  await eventually(60, async () =>
    Promise.resolve(seen.endsWith('tlxc: INFO state STOPPED\n') ? true : undefined),
  );
  await world.sh('kill -INT "$(cat follower)"');
});

const PORTION = 250;
const [FIRST, LAST] = [100_000, 107_999];

/** In portions, each when its turn has come: what comes faster than it is written is left out, which another test is for. */
const COUNT =
  `for from in $(seq ${FIRST} ${PORTION} ${LAST}); do while ! test -e /turns/$from; do sleep 0.05; done; ` +
  `seq $from $((from + ${PORTION - 1})); done; echo end; : > /tmp/done`;

/** Whether a line is kept, in whichever file by now. One that gets another name meanwhile is there at the next look. */
const isKept = (world: World, line: string): boolean =>
  execFileSync('sh', ['-c', 'cat journal* 2>/dev/null || true'], {
    cwd: logDir(world),
    encoding: 'latin1',
  }).includes(line);

/** c1 counts on its console; what `tlxc-logs -f` has printed of it in the end, though it may begin after the first portion. */
async function counted(world: World): Promise<readonly string[]> {
  const turns = join(world.lxcpath, 'c1/rootfs/turns');
  mkdirSync(turns);
  await world.sh('tlxc-start -n c1');
  const following = logs(world, '-f', '--lines=10000', '--until-stopped', '--console');
  for (let from = FIRST; from <= LAST; from += PORTION) {
    writeFileSync(join(turns, String(from)), '');
    const last = String(from + PORTION - 1);
    await eventually(60, () => Promise.resolve(isKept(world, last) || undefined));
  }
  await world.sh("tlxc-start -n c1 --wait='exec:test -e /tmp/done'; tlxc-stop -k -n c1");
  return (await following).stdout.replaceAll('\r', '').trim().split('\n');
}

running('-f follows over any number of rotations, and loses nothing', async (t) => {
  const settings = ['tlxc.log.size = 64K', 'tlxc.log.files = 40'];
  const world = await container(t, COUNT, { settings });
  const lines = await counted(world);
  t.true(readdirSync(logDir(world)).length > 3);
  t.is(lines.length, 8001);
  t.true(lines.slice(0, -1).every((line, index) => line === String(100_000 + index)));
  t.is((await logs(world, '--console')).stdout.replaceAll('\r', '').trim(), lines.join('\n'));
});

running('it is never larger than the settings say', async (t) => {
  const settings = ['tlxc.log.size = 64K', 'tlxc.log.files = 2'];
  const world = await container(t, COUNT, { settings });
  t.is((await counted(world)).at(-1), 'end');
  t.deepEqual(readdirSync(logDir(world)).sort(), ['journal', 'journal.1']);
  for (const name of readdirSync(logDir(world)))
    t.true(statSync(join(logDir(world), name)).size < 2 * 65_536);
  t.is((await logs(world, '--console', '--lines=1')).stdout, 'end\n');
});

running(
  'without a place for it a container starts all the same, and nothing is kept where it is switched off',
  async (t) => {
    const world = await container(t, ': > /tmp/done', { settings: ['tlxc.log.size = 0'] });
    await booted(world);
    t.false(readdirSync(join(world.lxcpath, 'c1')).includes('log'));
    const other = await container(t, ': > /tmp/done');
    mkdirSync(join(other.dir, 'elsewhere'));
    symlinkSync(join(other.dir, 'elsewhere'), logDir(other));
    const { code, stderr } = await other.run('tlxc-start', '-n', 'c1');
    t.is(code, 0);
    t.regex(
      stderr,
      /^tlxc-start: c1: warning: what its console prints is not kept \(tlxc-logs\): \S+\/c1\/log \(open\): /,
    );
    t.deepEqual(readdirSync(join(other.dir, 'elsewhere')), []);
  },
);

running('a wait that is in vain shows what the console printed last', async (t) => {
  const world = await container(t, 'echo cannot find my disk');
  const { stderr } = await world.run('tlxc-start', '-n', 'c1', '--wait=port:80', '--wait-timeout=1');
  t.regex(
    stderr,
    /\n {2}its console, last:\n {4}cannot find my disk\n {2}hint: .*tlxc-logs -n c1 --boot shows all that it printed/,
  );
});

running('what comes faster than anybody reads is left out, and how much of it is told', async (t) => {
  const world = await container(t, 'seq 1 30000; : > /tmp/done');
  await booted(world);
  await world.sh('tlxc-stop -k -n c1');
  const [, count = '0'] =
    /tlxc: WARN left out (\d+) lines/.exec((await logs(world, '--monitor')).stdout) ?? [];
  const kept = (await logs(world, '--console')).stdout.trim().split('\n').length;
  t.true(kept > 5000 && kept <= 10_000, String(kept));
  t.true(Number(count) + kept >= 30_000);
});

running('fewer files than before are kept at once', async (t) => {
  const world = await container(t, ': > /tmp/done');
  mkdirSync(logDir(world), { mode: 0o700 });
  for (const number of [1, 2, 3, 4, 5, 6])
    writeFileSync(join(logDir(world), `journal.${number}`), '', { mode: 0o600 });
  await booted(world);
  t.deepEqual(readdirSync(logDir(world)).sort(), ['journal', 'journal.1', 'journal.2', 'journal.3']);
});

running('the library ends what it follows with the signal, be it aborted before or not', async (t) => {
  const world = await container(t, 'echo hello; : > /tmp/done');
  await booted(world);
  const c1 = new Container('c1', { environment: world.env });
  for await (const record of c1.logs({ follow: true, signal: AbortSignal.abort() })) t.truthy(record.time);
  const abort = new AbortController();
  let seen = '';
  for await (const { bytes } of c1.logs({ follow: true, sources: ['console'], signal: abort.signal })) {
    seen += bytes.toString();
    abort.abort();
  }
  t.is(seen, 'hello\r');
  await world.sh('tlxc-stop -k -n c1');
  const following = world.spawn('tlxc-logs', '-n', 'c1', '-f', '--console');
  const ended = once(following, 'exit');
  await once(following.stdout, 'data');
  await world.sh('tlxc-destroy -n c1');
  t.deepEqual(await ended, [0, null], 'one that is destroyed is followed no more');
});

running('a disk without room for another file loses what is old, and not what comes', async (t) => {
  const world = await container(t, 'seq 100000 104000; echo end; : > /tmp/done', {
    settings: ['tlxc.log.size = 64K'],
  });
  await world.sh(
    `mkdir -m 700 ${logDir(world)}; mount -t tmpfs -o size=1m,nr_inodes=2,mode=0700 none ${logDir(world)}`,
  );
  await booted(world);
  await world.sh('tlxc-stop -k -n c1');
  t.is(await world.sh(`ls ${logDir(world)}`), 'journal\n');
  t.regex((await logs(world)).stdout, /\nend\n(.*\n)*tlxc: INFO state STOPPED\n$/);
  await world.sh(`umount ${logDir(world)}`);
});

running('no writer outlives its monitor, however that ends, and none is anybody else’s', async (t) => {
  const world = await container(t, 'echo begun; : > /tmp/done');
  addBusybox(world, 'c2', { config: ['lxc.start.auto = 1'] });
  await world.sh('tlxc-start -n c2');
  await booted(world);
  const writers = (count: number) =>
    world.sh(`timeout 60 sh -c "until test \\$(pgrep -xc 'tlxc journal') = ${count}; do sleep 0.05; done"`);
  await writers(1);
  await world.sh(`kill -9 $(sed 's/.*"monitorPid":\\([0-9]*\\).*/\\1/' run/*/c1/instance.json)`);
  await writers(0);
  t.is(await world.sh('tlxc-info -n c2 -sH'), 'RUNNING\n');
  await world.sh('tlxc-start -n c1; tlxc-stop -k -n c1; tlxc-stop -k -n c2');
});

running(
  'a disk that does not answer makes nobody wait: not the container, not who asks its monitor',
  async (t) => {
    const world = await container(
      t,
      'until test -e /tmp/say; do sleep 0.1; done; echo begun; until test -e /tmp/go; do sleep 0.1; done; seq 1 9000; : > /tmp/done',
    );
    await world.sh('tlxc-start -n c1');
    t.is((await world.run('pgrep', '-x', 'tlxc journal')).stdout, '', 'what says nothing needs no writer');
    await world.sh('tlxc-attach -n c1 -- touch /tmp/say');
    const writer = (await world.sh("until pgrep -x 'tlxc journal'; do sleep 0.05; done")).trim();
    t.log(await world.sh(`grep -E '^(Pss|Private_Dirty):' /proc/${writer}/smaps_rollup`));
    await world.sh(`kill -STOP ${writer}`);
    await world.sh("tlxc-attach -n c1 -- touch /tmp/go; tlxc-start -n c1 --wait='exec:test -e /tmp/done'");
    t.is((await world.run('tlxc-info', '-n', 'c1', '-sH')).stdout, 'RUNNING\n');
    await world.sh(`kill -CONT ${writer}; tlxc-stop -k -n c1`);
    t.regex((await logs(world)).stdout, /tlxc: INFO state STOPPED\n$/);
  },
);
