import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '../rig/requires.ts';
import { makePlan, ORIGIN, OUTSIDE } from './plan.ts';
import { makePlace, runPlan, script } from './run.ts';

const both = requires('root', 'userns', 'idmap', 'busybox');

for (const unprivileged of [true, false]) {
  const kind = unprivileged ? 'unprivileged' : 'privileged';

  both(`${kind}: init is root, alone and first in its namespaces`, async (t) => {
    const place = makePlace(t);
    const argv = script(
      'id -u; id -g; hostname; echo $$; cat /proc/self/uid_map; ls /proc | grep -c "^[0-9]"',
    );
    const { output } = await runPlan(makePlan({ ...place, argv, unprivileged }), place.rootfs);
    const [uid, gid, host, pid, map = '', processes] = output.trim().split('\n');
    t.deepEqual([uid, gid, host, pid], ['0', '0', 'x1', '1']);
    t.deepEqual(
      map.trim().split(/ +/).map(Number),
      unprivileged ? [0, OUTSIDE, 65_536] : [0, 0, 4_294_967_295],
    );
    t.true(Number(processes) <= 4);
  });

  both(`${kind}: no descriptor, signal mask or mount of the host reaches init`, async (t) => {
    const leaks = [7, 63, 251].map(() => openSync('/etc/shadow', 'r'));
    t.teardown(() => leaks.forEach(closeSync));
    const place = makePlace(t);
    const status = 'grep -E "^(SigBlk|SigIgn|CapInh|CapAmb)" /proc/self/status | cut -f2 | sort -u';
    const argv = script(`ls /proc/$$/fd; ${status}; cut -d" " -f5 /proc/self/mountinfo; umask; pwd`);
    const { output } = await runPlan(makePlan({ ...place, argv, unprivileged }), place.rootfs);
    const mounts = ['/', '/dev', '/dev/console', '/dev/pts', '/dev/tty1', '/dev/tty2', '/proc'];
    if (unprivileged) mounts.push('/dev/null', '/dev/zero');
    const lines = output.trim().split('\n');
    t.deepEqual(lines.slice(0, 3), ['0', '1', '2'], 'standard streams only');
    t.is(lines[3], '0000000000000000');
    t.deepEqual(lines.slice(4, -2).sort(), mounts.sort(), 'its own mounts only');
    t.deepEqual(lines.slice(-2), ['0022', '/']);
  });

  both(`${kind}: the environment is the plan's and container_ttys`, async (t) => {
    const place = makePlace(t);
    const { output } = await runPlan(
      makePlan({ ...place, argv: script('tr "\\0" "\\n" < /proc/1/environ; :'), unprivileged }),
      place.rootfs,
    );
    t.deepEqual(output.trim().split('\n'), [
      'container=lxc',
      'PATH=/sbin:/bin',
      'container_ttys=pts/1 pts/2',
    ]);
  });

  both(`${kind}: the console is init's controlling terminal, the ttys are others`, async (t) => {
    const place = makePlace(t);
    const argv = script(
      'stat -c %t:%T /dev/console /dev/tty1 /dev/tty2; readlink /dev/ptmx; : > /dev/tty; tty',
    );
    const { output } = await runPlan(makePlan({ ...place, argv, unprivileged }), place.rootfs);
    t.deepEqual(output.trim().split('\n').slice(0, 4), ['88:0', '88:1', '88:2', 'pts/ptmx']);
    t.regex(output, /\/dev\/pts\/0\n$/);
  });

  both(`${kind}: with lxc.tty.dir the terminals lie there and have links`, async (t) => {
    const place = makePlace(t);
    const argv = script(
      'readlink /dev/console; readlink /dev/tty1; stat -c %t:%T /dev/lxc/console /dev/lxc/tty1',
    );
    const change = (plan: ReturnType<typeof makePlan>) => void (plan.terminals.ttyDir = 'lxc');
    const { output } = await runPlan(makePlan({ ...place, argv, unprivileged, change }), place.rootfs);
    t.deepEqual(output.trim().split('\n'), ['lxc/console', 'lxc/tty1', '88:0', '88:1']);
  });

  both(`${kind}: working directory and ids of init are the plan's`, async (t) => {
    const place = makePlace(t);
    const out = join(place.rootfs, 'out');
    writeFileSync(out, '');
    chmodSync(out, 0o666);
    const argv = script('pwd; id -u; id -G; grep -E "Cap(Prm|Eff)" /proc/self/status | cut -f2');
    const change = (plan: ReturnType<typeof makePlan>) =>
      void Object.assign(plan.init, { cwd: '/srv/app', uid: 1000, gid: 1000 });
    const { output } = await runPlan(makePlan({ ...place, argv, unprivileged, change }), place.rootfs);
    t.deepEqual(output.trim().split('\n'), [
      '/srv/app',
      '1000',
      '1000',
      '0000000000000000',
      '0000000000000000',
    ]);
  });

  both(`${kind}: hooks run in order, in their places`, async (t) => {
    const place = makePlace(t);
    chmodSync(place.scratch, 0o755); // the container's root looks for the hooks' path in it
    const log = join(place.scratch, 'log');
    const hook = (command: string) => ({ argv: ['/bin/sh', '-c', command], timeoutMs: 5000, origin: ORIGIN });
    const plan = makePlan({ ...place, argv: script('cat /log'), unprivileged });
    Object.assign(plan.hooks, {
      preStart: [hook(`echo pre-start > ${log}`)],
      preMount: [hook(`test ! -e ${plan.rootfs.mountPath}/etc && id -u`)],
      mount: [hook(`echo mount $(id -u) > ${plan.rootfs.mountPath}/log`)],
      autodev: [hook(`test -d ${plan.rootfs.mountPath}/dev && echo autodev >> ${plan.rootfs.mountPath}/log`)],
      startHost: [hook(`echo start-host $(readlink /proc/$LXC_PID/root) >> ${log}`)],
      start: [hook('echo start $container_ttys >> /log')],
    });
    const { output, failure } = await runPlan(plan, place.rootfs);
    t.is(failure, undefined);
    t.is(output, 'mount 0\nautodev\nstart pts/1 pts/2\n');
    t.is(readFileSync(log, 'utf8'), 'pre-start\nstart-host /\n');
  });
}
