import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { native } from '../../src/native/binding.ts';
import type { StartPlan } from '../../src/plan/types.ts';
import { makePlan } from '../executor/plan.ts';
import { makePlace } from '../executor/run.ts';
import { requires } from '../rig/requires.ts';
import { closeAll, eventually, readUntil, startMonitored, written, type Monitored } from './monitored.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const asleep = ['/bin/sleep', '1000'];

async function running(
  t: ExecutionContext,
  change?: (plan: StartPlan) => void,
  argv = asleep,
): Promise<Monitored> {
  return startMonitored(t, makePlan({ ...makePlace(t), argv, ...(change && { change }) }));
}

/** One datagram as it is, and what comes back. */
function sendRaw(monitor: Monitored, request: string): string {
  const [answer] = native().exchange({
    requests: [{ socket: monitor.place.socket, request }],
    timeoutMs: 2000,
    keep: false,
  });
  return answer?.reply ?? '';
}

const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

rooted('info tells what the plan and the start settled', async (t) => {
  const monitor = await running(t);
  t.like(monitor.info(), {
    name: 'x1',
    lxcpath: monitor.plan.lxcpath,
    initPid: monitor.initPid,
    monitorPid: monitor.pid,
    reboots: 0,
    namespaces: monitor.plan.namespaces,
    capabilities: monitor.plan.security.capabilities,
    ttys: 2,
    noNewPrivileges: false,
  });
});

rooted('what is no request is refused, and harms nobody', async (t) => {
  const monitor = await running(t);
  const before = descriptors(monitor.pid);
  const nested = '['.repeat(4000);
  const garbage = [
    'x',
    '{}',
    '[]',
    '{"op":1}',
    '{"op":"nonsense"}',
    '{"op":"signal"}',
    '{"op":"signal","signal":1e9}',
  ];
  garbage.push(
    '{"op":"console","tty":"1"}',
    nested,
    `{"a":${nested}`,
    '\0\0\0',
    'y'.repeat(60_000),
    '{"op":"resize"}',
  );
  for (const text of garbage) {
    t.like(JSON.parse(sendRaw(monitor, text)), { ok: false, error: 'bad-request' }, text.slice(0, 40));
  }
  t.is(monitor.info().state, 'RUNNING');
  t.true(await eventually(() => descriptors(monitor.pid) <= before));
});

rooted('random datagrams do not end it', async (t) => {
  const monitor = await running(t);
  let seed = 20_260_101;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return seed % below;
  };
  const samples = ['info', 'attach', 'watch', 'console', 'resize'].map((op) =>
    JSON.stringify({ op, tty: 1, rows: 3 }),
  );
  for (let round = 0; round < 500; round++) {
    const bytes = Buffer.from(samples[random(samples.length)] ?? '');
    for (let flips = random(4); flips >= 0; flips--) bytes[random(bytes.length)] = random(256);
    const [answer] = native().exchange({
      requests: [{ socket: monitor.place.socket, request: bytes.toString('latin1') }],
      timeoutMs: 2000,
      keep: false,
    });
    answer?.fds.forEach((fd) => native().closeFd(fd));
    t.regex(answer?.reply ?? '', /^\{"ok":/);
  }
  t.is(monitor.info().state, 'RUNNING');
});

rooted('clients that say nothing keep nobody else out', async (t) => {
  const monitor = await running(t);
  const silent: number[] = [];
  for (let i = 0; i < 300; i++) {
    const [answer] = native().exchange({
      requests: [{ socket: monitor.place.socket, request: '{"op":"info"}' }],
      timeoutMs: 2000,
      keep: true,
    });
    if (answer && answer.connection >= 0) silent.push(answer.connection);
  }
  t.is(silent.length, 300);
  t.is(monitor.info().state, 'RUNNING');
  t.true(descriptors(monitor.pid) < 120);
  silent.forEach((fd) => native().closeFd(fd));
});

rooted('a watcher that does not read is dropped; the others hear all', async (t) => {
  const monitor = await running(t);
  const deaf = monitor.ask({ op: 'watch' }, { keep: true });
  const watched = monitor.watch();
  monitor.signal(9);
  t.is((await watched).at(-1)?.state, 'STOPPED');
  if (deaf.kind === 'answer') native().closeFd(deaf.connection);
});

rooted('another kind of socket cannot talk to it', async (t) => {
  const monitor = await running(t);
  const stream = connect(monitor.place.socket);
  const error = await new Promise<Error>((resolve) => stream.once('error', resolve));
  t.regex(error.message, /EPROTOTYPE/);
});

rooted('a process of another PID namespace below, root or not, gets no answer', async (t) => {
  const monitor = await running(t);
  const ask = `use Socket; socket(S, AF_UNIX, SOCK_SEQPACKET, 0); connect(S, sockaddr_un($ARGV[0])) or die;
    send(S, '{"op":"info"}', 0); recv(S, $reply, 4096, 0); print length($reply) ? "answered" : "nothing"`;
  const talk = (...wrapper: string[]): string => {
    const [file, ...args] = [...wrapper, 'perl', '-e', ask, monitor.place.socket];
    return spawnSync(file, args, { encoding: 'utf8' }).stdout;
  };
  t.is(talk('env'), 'answered');
  t.is(talk('unshare', '--pid', '--fork'), 'nothing');
});

rooted('nor does another user, whatever the modes of the socket and of the directories say', async (t) => {
  const monitor = await running(t);
  for (let path = monitor.place.socket; path.startsWith(monitor.plan.lxcpath); path = join(path, '..'))
    chmodSync(path, 0o777);
  const ask = `use Socket; $SIG{PIPE} = "IGNORE"; socket(S, AF_UNIX, SOCK_SEQPACKET, 0); connect(S, sockaddr_un($ARGV[0])) or die;
    send(S, '{"op":"info"}', 0); recv(S, $reply, 4096, 0); print length($reply) ? "answered" : "nothing"`;
  const asked = (...who: string[]): string => {
    const [file, ...args] = [...who, 'perl', '-e', ask, monitor.place.socket];
    return spawnSync(file, args, { encoding: 'utf8' }).stdout;
  };
  t.is(asked('env'), 'answered');
  t.is(asked('setpriv', '--reuid=65534', '--clear-groups', '--'), 'nothing');
});

rooted('nor does one that leaves its connection to another and dies before it is looked at', async (t) => {
  const monitor = await running(t);
  // The one that connects says so and is gone; the one that inherits the connection waits to be told to ask.
  const ask = `use Socket; $| = 1; $SIG{PIPE} = "IGNORE"; socket(S, AF_UNIX, SOCK_SEQPACKET, 0); $SIG{CHLD} = "IGNORE";
    if (!fork) { connect(S, sockaddr_un($ARGV[0])) or die; exit } wait; print "connected\\n"; <STDIN>;
    send(S, '{"op":"info"}', 0); recv(S, $reply, 4096, 0); print length($reply) ? "answered" : "nothing"`;
  process.kill(monitor.pid, 'SIGSTOP');
  const heir = spawn('unshare', ['--pid', '--fork', 'perl', '-e', ask, monitor.place.socket]);
  const ended = once(heir, 'exit');
  await once(heir.stdout, 'data');
  process.kill(monitor.pid, 'SIGCONT');
  heir.stdin.end('ask\n');
  t.is(String((await once(heir.stdout, 'data'))[0]), 'nothing');
  await ended;
});

rooted('ttys are given out one by one and come back with the connection', async (t) => {
  const monitor = await running(t);
  const take = (tty: number) => {
    const result = monitor.ask({ op: 'console', tty }, { keep: true });
    if (result.kind !== 'answer') throw new Error(result.kind);
    t.teardown(() => closeAll(result.fds));
    return result;
  };
  const first = take(-1);
  t.like(first.reply, { ok: true, tty: 1, fds: ['tty'] });
  t.like(take(-1).reply, { ok: true, tty: 2 });
  t.like(take(-1).reply, { ok: false, error: 'no-tty' });
  t.like(take(1).reply, { ok: false, error: 'busy' });
  t.like(take(99).reply, { ok: false, error: 'no-tty' });
  native().closeFd(first.connection);
  t.true(await eventually(() => take(-1).reply.ok));
});

rooted('attach hands out init, the filter and the devpts of the container', async (t) => {
  const policy = {
    defaultAction: 'allow',
    defaultErrno: 0,
    architectures: [],
    rules: [],
    notify: null,
    cache: '',
  } as const;
  const monitor = await running(t, (plan) => {
    plan.security.seccomp = { ...policy, architectures: [], rules: [] };
  });
  const result = monitor.ask({ op: 'attach' });
  if (result.kind !== 'answer') throw new Error(result.kind);
  t.deepEqual(Object.keys(result.fds), ['initPidfd', 'seccomp', 'devpts']);
  const pidfd = readFileSync(`/proc/self/fdinfo/${result.fds['initPidfd']}`, 'utf8');
  t.regex(pidfd, new RegExp(`^Pid:\\s+${monitor.initPid}$`, 'm'));
  closeAll(result.fds);
});

rooted('the console reaches viewers, its log and the ring buffer; typing reaches init', async (t) => {
  const log = (plan: StartPlan): string => join(plan.lxcpath, 'console.log');
  const shell = ['/bin/sh', '-c', 'while read -r word; do echo "heard $word"; done'];
  const monitor = await running(
    t,
    (plan) => Object.assign(plan.terminals, { consoleLog: log(plan), consoleBuffer: 4096 }),
    shell,
  );
  const console = monitor.ask({ op: 'console', tty: 0 }, { keep: true });
  if (console.kind !== 'answer') throw new Error(console.kind);
  const end = console.fds['console'] ?? -1;
  t.teardown(() => closeAll(console.fds));
  t.deepEqual(monitor.ask({ op: 'resize', rows: 30, columns: 90 }), {
    kind: 'answer',
    reply: { ok: true, fds: [] },
    fds: {},
    connection: -1,
  });
  writeSync(end, 'hello\n');
  t.regex(await readUntil(end, 'heard hello'), /heard hello/);
  t.regex(readFileSync(log(monitor.plan), 'utf8'), /heard hello\r\n/);
  const ring = monitor.ask({ op: 'console-log' });
  if (ring.kind !== 'answer') throw new Error(ring.kind);
  t.regex(await readUntil(ring.fds['log'] ?? -1, 'heard hello\r\n'), /heard hello\r\n/);
  closeAll(ring.fds);
});

rooted('a full console log is rotated, or begun anew', async (t) => {
  for (const rotate of [true, false]) {
    const file = (plan: StartPlan): string => join(plan.lxcpath, 'console.log');
    const options = (plan: StartPlan) => ({
      ...{ consoleLog: file(plan), consoleLogSize: 4096, consoleLogRotate: rotate },
    });
    const writer = ['/bin/sh', '-c', 'yes 123456789 | head -n 1000; echo END; sleep 1000'];
    const monitor = await running(t, (plan) => Object.assign(plan.terminals, options(plan)), writer);
    const path = file(monitor.plan);
    t.true(await eventually(() => written(path).includes('END')));
    await sleep(50);
    t.true(readFileSync(path).length <= 4096);
    t.is(readdirSync(monitor.plan.lxcpath).includes('console.log.1'), rotate);
  }
});

rooted('lxc.console.path gets what the container writes', async (t) => {
  const path = (plan: StartPlan): string => join(plan.lxcpath, 'copy');
  const options = (plan: StartPlan) => ({ console: 'path' as const, consolePath: path(plan) });
  const monitor = await running(t, (plan) => Object.assign(plan.terminals, options(plan)), [
    '/bin/sh',
    '-c',
    'echo here I am; sleep 1000',
  ]);
  t.true(await eventually(() => written(path(monitor.plan)) === 'here I am\r\n'));
});
