import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { addBusybox, addDebian } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { runningJobs } from '../../../src/container/stop/lingering.ts';
import { requires } from '../../rig/requires.ts';
import { loader } from '../../rig/typescript.ts';
import { makeWorld } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const debian = requires('root', 'userns', 'idmap', 'debian').serial;

/** An init that stops when it is asked to, or never. Until it has its trap, no signal reaches it. */
const OBEDIENT = "trap 'exit 0' USR1; : > /dev/listens; while :; do sleep 1 & wait $!; done";
const STUBBORN = "trap '' USR1 TERM; : > /dev/listens; while :; do sleep 1; done";
const LISTENS = '--wait=exec:test -e /dev/listens';

async function running(t: ExecutionContext, script: string, config: readonly string[] = []) {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config });
  const started = await world.run('tlxc-start', '-n', 'u1', LISTENS, '--', '/bin/sh', '-c', script);
  t.is(started.stderr, '');
  const [key = ''] = (await world.sh(`ls ${world.runDir}`)).split('\n');
  const instance = join(world.runDir, key, 'u1', 'instance.json');
  const state = async () => (await world.sh('tlxc-info -n u1 -sH')).trim();
  return {
    world,
    state,
    instance,
    stop: (...words: string[]) => world.run('tlxc-stop', '-n', 'u1', ...words),
  };
}

rooted('the halt signal ends it; the second time it is not running: 2', async (t) => {
  const { stop, state, instance } = await running(t, OBEDIENT);
  t.is((await stop()).code, 0);
  t.is(await state(), 'STOPPED');
  t.false(existsSync(instance));
  const again = await stop();
  t.is(again.code, 2);
  t.is(again.stderr, 'tlxc-stop: u1 is not running\n  hint: tlxc-ls --running lists those that do\n');
});

rooted('one that does not listen is killed when the time is over, but not with --nokill', async (t) => {
  const { stop, state } = await running(t, STUBBORN);
  const spared = await stop('-t', '1', '--nokill');
  t.is(spared.code, 1);
  t.regex(spared.stderr, /did not halt within 1 s\n {2}hint: tlxc-stop -k -n u1 kills it\n/);
  t.is(await state(), 'RUNNING');
  t.is((await stop('-W')).code, 0);
  t.is(await state(), 'RUNNING');
  t.is((await stop('-t', '1')).code, 0);
  t.is(await state(), 'STOPPED');
});

rooted('what keeps it from ending is named before it is killed', async (t) => {
  const { world, stop } = await running(t, `sleep 1234 & ${STUBBORN}`);
  const note = /^tlxc-stop: u1: warning: not ended in 1 s: sleep 1234 \(pid \d+\), sleep 1 \(pid \d+\)/;
  t.regex((await stop('-t', '1', '--nokill')).stderr, note);
  const { stderr } = await stop('-t', '1');
  t.regex(stderr, note);
  t.regex(stderr, /; u1 is killed\n$/);
  t.is((await world.run('tlxc-start', '-n', 'u1', LISTENS, '--', '/bin/sh', '-c', OBEDIENT)).code, 0);
  t.is((await stop('-t', '20')).stderr, '');
});

rooted('one that ends when its time is just over has been stopped', async (t) => {
  const { world } = await running(t, STUBBORN);
  const script = ['--import', loader, join(import.meta.dirname, 'stop-late.ts'), 'u1'];
  t.like(await world.run(process.execPath, ...script), { code: 0, stdout: 'stopped\n', stderr: '' });
});

for (const words of [['-k'], ['-t', '100'], ['-W'], ['-t', '100', '--rcfile', 'other.conf']])
  rooted(`asked to end while it reboots, it stays ended: ${words.join(' ')}`, async (t) => {
    const world = await makeWorld(t);
    const [hook, ending] = [join(world.dir, 'hook'), join(world.dir, 'ending')];
    const log = join(world.lxcpath, 'u1.log');
    const config = ['lxc.log.level = INFO', `lxc.log.file = ${log}`, `lxc.hook.post-stop = ${hook}`];
    addBusybox(world, 'u1', { config: [...config, 'tlxc.restart = always'] });
    await world.sh('(cat lxc/u1/config; echo lxc.signal.halt = SIGUSR1) > other.conf');
    const lines = `: > ${ending}; for i in $(seq 200); do grep -q "does not start again" ${log} && break; sleep 0.05; done`;
    writeFileSync(hook, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    await world.sh('tlxc-start -n u1 -- /bin/reboot -f');
    await eventually(30, () => Promise.resolve(existsSync(ending) || undefined));
    t.like(await world.run('tlxc-stop', '-n', 'u1', ...words), { code: 0, stderr: '' });
    await world.sh('tlxc-wait -n u1 -s STOPPED -t 60');
    t.regex(await world.sh('tlxc-ls -f'), /u1 +STOPPED/);
  });

rooted('-k kills at once, a frozen container too', async (t) => {
  const { world, stop, state, instance } = await running(t, STUBBORN);
  const { cgroups } = JSON.parse(readFileSync(instance, 'utf8')) as {
    cgroups: { controllers: string[]; mountPoint: string; limitGroup: string; version: number }[];
  };
  const freezer = cgroups.find(({ controllers }) => controllers.includes('freezer')) ?? cgroups[0];
  if (!freezer) return t.fail('no control group');
  const group = join(freezer.mountPoint, freezer.limitGroup);
  await world.sh(
    freezer.version === 1 ? `echo FROZEN > ${group}/freezer.state` : `echo 1 > ${group}/cgroup.freeze`,
  );
  const began = Date.now();
  t.is((await stop('-k')).code, 0);
  t.true(Date.now() - began < 5000);
  t.is(await state(), 'STOPPED');
});

rooted('-r starts it again: another init, the same monitor', async (t) => {
  // The kernel ends an init that calls reboot(2); halt -f of busybox does, by the way of SIGTERM's trap.
  const { world, stop, state } = await running(
    t,
    "trap 'reboot -f' TERM; : > /dev/listens; while :; do sleep 1 & wait $!; done",
  );
  const before = await world.sh('tlxc-info -n u1 -pH');
  t.is((await stop('-r')).code, 0);
  t.is(await state(), 'RUNNING');
  t.not(await world.sh('tlxc-info -n u1 -pH'), before);
});

rooted('a wedged monitor delays no command, and does not survive -k', async (t) => {
  const { world, stop, state, instance } = await running(t, STUBBORN);
  const { monitorPid, initPid } = JSON.parse(readFileSync(instance, 'utf8')) as Record<string, number>;
  await world.sh(`kill -STOP ${monitorPid}`);
  t.is(await state(), 'UNRESPONSIVE');
  t.regex(await world.sh('tlxc-ls -f'), /^u1 +UNRESPONSIVE /m);
  const refused = await stop();
  t.is(refused.code, 1);
  t.regex(
    refused.stderr,
    new RegExp(
      `^tlxc-stop: u1: the container's monitor does not answer: process ${monitorPid} is stopped by a signal\n` +
        `  hint: kill -CONT ${monitorPid} lets it go on; tlxc-stop -k -n u1 kills it and the container\n$`,
    ),
  );
  t.regex(
    (await world.run('tlxc-start', 'u1')).stderr,
    /the container's monitor does not answer: process \d+ is stopped by a signal\n {2}hint: kill -CONT /,
  );
  t.is((await stop('-k')).code, 0);
  t.is(await state(), 'STOPPED');
  await t.throwsAsync(world.sh(`kill -0 ${initPid}`));
});

rooted('what a killed monitor leaves is swept by the next start', async (t) => {
  const { world, stop, state, instance } = await running(t, STUBBORN);
  const { monitorPid } = JSON.parse(readFileSync(instance, 'utf8')) as Record<string, number>;
  await world.sh(`kill -KILL ${monitorPid}`);
  t.is(await state(), 'STOPPED');
  t.is((await stop()).code, 2);
  t.is((await world.run('tlxc-start', '-n', 'u1')).code, 0);
  t.is((await stop('-k')).code, 0);
  t.deepEqual(await world.leaks(), []);
});

debian(
  'of a systemd that stops, the unit that all others wait for is named, while it is waited for',
  async (t) => {
    const world = await makeWorld(t);
    const include = ['common.conf', 'userns.conf'].map(
      (file) => `lxc.include = /usr/share/tlxc/config/${file}`,
    );
    addDebian(world, 'd1', { config: [...include, 'lxc.net.0.type = empty'] });
    const unit = '[Service]\nExecStart=/bin/sleep 1000\nExecStop=/bin/sleep 1000\n';
    await world.sh('tlxc-start -n d1 --wait=ready');
    await world.sh(`printf '${unit}' | tlxc-attach -n d1 -- tee /run/systemd/system/slow.service`);
    await world.sh('tlxc-attach -n d1 -- systemctl start slow');
    const { code, stderr } = await world.runWith({ progress: true }, 'tlxc-stop', '-n', 'd1', '-t', '15');
    t.is(code, 0);
    t.regex(
      stderr,
      /^tlxc-stop: d1: waiting for it to shut down: slow\.service: 1\d s\ntlxc-stop: d1: warning: not ended in 15 s: slow\.service; d1 is killed\n$/,
    );
  },
);

test("of systemd's jobs those count that have begun", (t) => {
  const output = `297 mnt.mount    stop  waiting
320 slow.service stop  running
293 halt.target  start waiting
`;
  t.deepEqual(runningJobs(output), ['slow.service']);
  t.deepEqual(runningJobs('No jobs listed.\n'), []);
});
