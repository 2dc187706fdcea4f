import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

/** An init that stops when it is asked to, or never. */
const OBEDIENT = "trap 'exit 0' USR1; while :; do sleep 1 & wait $!; done";
const STUBBORN = "trap '' USR1 TERM; while :; do sleep 1; done";

async function running(t: ExecutionContext, script: string, config: readonly string[] = []) {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config });
  const started = await world.run('tlxc-start', '-n', 'u1', '--', '/bin/sh', '-c', script);
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
    await eventually(20, () => Promise.resolve(existsSync(ending) || undefined));
    t.like(await world.run('tlxc-stop', '-n', 'u1', ...words), { code: 0, stderr: '' });
    await world.sh('tlxc-wait -n u1 -s STOPPED -t 20');
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
    "trap 'reboot -f' TERM; while :; do sleep 1 & wait $!; done",
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
    /^tlxc-stop: u1: the container's monitor does not answer\n {2}hint: tlxc-stop -k -n u1 /,
  );
  t.regex(
    (await world.run('tlxc-start', 'u1')).stderr,
    /the container's monitor does not answer\n {2}hint: /,
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
