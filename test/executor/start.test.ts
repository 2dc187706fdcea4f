import { chmodSync, closeSync, openSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '../rig/requires.ts';
import type { StartPlan } from '../../src/plan/types.ts';
import { makePlan, ORIGIN, OUTSIDE } from './plan.ts';
import { makePlace, runPlan, script, startPlan } from './run.ts';

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
    const change = (plan: StartPlan) => void (plan.terminals.ttyDir = 'lxc');
    const { output } = await runPlan(makePlan({ ...place, argv, unprivileged, change }), place.rootfs);
    t.deepEqual(output.trim().split('\n'), ['lxc/console', 'lxc/tty1', '88:0', '88:1']);
  });

  both(`${kind}: links to terminals that an earlier start has left in the image's own /dev do`, async (t) => {
    const place = makePlace(t);
    const plan = makePlan({ ...place, argv: script('readlink /dev/console; ls /dev/lxc'), unprivileged });
    plan.tree = plan.tree.filter(({ target }) => target !== 'dev');
    plan.devices = [];
    plan.terminals.ttyDir = 'lxc';
    for (const time of ['first', 'second']) {
      const { output, failure } = await runPlan(plan, place.rootfs);
      t.is(output, 'lxc/console\nconsole\ntty1\ntty2\n', `${time}: ${JSON.stringify(failure)}`);
    }
  });

  both(`${kind}: working directory and ids of init are the plan's`, async (t) => {
    const place = makePlace(t);
    const out = join(place.rootfs, 'out');
    writeFileSync(out, '');
    chmodSync(out, 0o666);
    const argv = script('pwd; id -u; id -G; grep -E "Cap(Prm|Eff)" /proc/self/status | cut -f2');
    const change = (plan: StartPlan) =>
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
    const hook = (command: string) => ({
      argv: ['/bin/sh', '-c', command],
      timeoutMs: 60_000,
      origin: ORIGIN,
    });
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

  both(`${kind}: without a console the standard streams are the container's own null device`, async (t) => {
    const place = makePlace(t);
    const argv = ['/bin/sh', '-c', 'stat -L -c %t:%T /proc/self/fd/0 /proc/self/fd/2 > /out'];
    const withoutConsole = (plan: StartPlan) => void (plan.terminals.console = 'none');
    const { output } = await runPlan(
      makePlan({ ...place, argv, unprivileged, change: withoutConsole }),
      place.rootfs,
    );
    t.is(output, '1:3\n1:3\n');
  });

  both(`${kind}: a null device that is none is refused`, async (t) => {
    const place = makePlace(t);
    writeFileSync(join(place.rootfs, 'dev/null'), '');
    const change = (plan: StartPlan) => {
      plan.terminals.console = 'none';
      plan.tree.shift(); // no /dev of our own
      plan.devices = [];
    };
    const { failure } = await runPlan(makePlan({ ...place, argv: script('true'), unprivileged, change }));
    t.like(failure, { step: 'standard streams', path: '/dev/null', detail: 'not the null device' });
  });

  both(`${kind}: another's namespace is joined where the plan shares it`, async (t) => {
    const [place, other] = [makePlace(t), makePlace(t)];
    const held = await startPlan(makePlan({ ...other, argv: ['/bin/sleep', '60'], unprivileged }));
    t.teardown(held.kill);
    const path = `/proc/${held.initPid}/ns/net`;
    const change = (plan: StartPlan) => {
      plan.namespaces = plan.namespaces.filter((each) => each !== 'net');
      plan.shared.push({ namespace: 'net', path, inode: String(statSync(path).ino), origin: ORIGIN });
    };
    const own = readlinkSync('/proc/self/ns/net');
    const { output } = await runPlan(
      makePlan({ ...place, argv: script('readlink /proc/self/ns/net'), unprivileged, change }),
      place.rootfs,
    );
    t.is(output.trim(), readlinkSync(path));
    t.not(output.trim(), own);
  });
}

both('a namespace that is another one by now is not joined', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: script('true'), unprivileged: false });
  plan.namespaces = plan.namespaces.filter((each) => each !== 'ipc');
  plan.shared.push({ namespace: 'ipc', path: `/proc/${process.pid}/ns/ipc`, inode: '1', origin: ORIGIN });
  t.like((await runPlan(plan)).failure, { step: 'share namespace', detail: 'it is another one by now' });
});

both('what a pre-mount hook mounts over the root filesystem is the root filesystem', async (t) => {
  const [place, other] = [makePlace(t), makePlace(t)];
  writeFileSync(join(other.rootfs, 'etc/other'), 'the other\n');
  const command = `mount --bind ${other.rootfs} ${place.rootfs}`;
  const plan = makePlan({ ...place, argv: script('cat /etc/other'), unprivileged: false });
  plan.hooks.preMount.push({ argv: ['/bin/sh', '-c', command], timeoutMs: 60_000, origin: ORIGIN });
  t.is((await runPlan(plan, other.rootfs)).output, 'the other\n');
  t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(place.rootfs), "and not the host's");
});
