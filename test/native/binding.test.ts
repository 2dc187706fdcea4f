import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants as osConstants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { native } from '../../src/native/binding.ts';

const { errno } = osConstants;
const scratch = mkdtempSync(join(tmpdir(), 'tlxc-binding-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));

/** Field 22 of /proc/PID/stat. */
const startTime = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')[19] ?? '';

test('a memory file holds the bytes, from their start, and nobody can change it', (t) => {
  const fd = native().memfd({ name: 'plan', text: '{"a":1}' });
  const buffer = Buffer.alloc(20);
  t.is(buffer.toString('utf8', 0, readSync(fd, buffer)), '{"a":1}');
  t.throws(() => writeSync(fd, 'x'), { code: 'EPERM' });
  closeSync(fd);
});

test('a lock is held by one, and free when its descriptor is closed', (t) => {
  const path = join(scratch, 'lock');
  const first = native().lock({ path, wait: false });
  if (typeof first !== 'number') return t.fail();
  t.like(native().lock({ path, wait: false }), { errno: errno.EAGAIN, path });
  native().closeFd(first);
  const second = native().lock({ path, wait: false });
  if (typeof second !== 'number') return t.fail();
  t.is(fstatSync(second).mode & 0o777, 0o600);
  native().closeFd(second);
});

test('a lock is never taken through a link', (t) => {
  const path = join(scratch, 'link');
  symlinkSync('/etc/hostname', path);
  t.like(native().lock({ path, wait: false }), { errno: errno.ELOOP });
});

test('a path below a root never leads out of it', (t) => {
  const root = join(scratch, 'root');
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc/hostname'), 'inside');
  symlinkSync('/etc/hostname', join(root, 'absolute'));
  symlinkSync('../../../../../../etc/hostname', join(root, 'climbing'));
  symlinkSync('/proc/self/root', join(root, 'magic'));
  const open = (path: string) => native().openInRoot({ root, path, flags: constants.O_RDONLY, mode: 0 });
  for (const path of ['etc/hostname', '/etc/hostname', '../../etc/hostname', 'absolute', 'climbing']) {
    const fd = open(path);
    if (typeof fd !== 'number') return t.fail(`${path}: ${fd.errno}`);
    t.is(readFileSync(fd, 'utf8'), 'inside', path);
    closeSync(fd);
  }
  t.like(open('magic/etc/hostname'), { errno: errno.ENOENT });
  t.like(open('absent'), { errno: errno.ENOENT, syscall: 'openat2' });
});

test('a signal goes to the process that was meant, or to none', async (t) => {
  const child = spawn('sleep', ['100']);
  const pid = child.pid ?? -1;
  const signal = osConstants.signals.SIGTERM;
  t.like(native().signalProcess({ pid, startTime: '1', signal }), { errno: errno.ESRCH });
  t.is(native().signalProcess({ pid, startTime: startTime(pid), signal }), null);
  const [, ended] = (await once(child, 'exit')) as [number | null, string];
  t.is(ended, 'SIGTERM');
});

test('events and deadlines of a connection come on the event loop', async (t) => {
  const [reading, writing] = native().pipe();
  t.is(await native().nextEvent({ connection: reading, timeoutMs: 20 }), null);
  native().closeFd(writing);
  t.is(await native().nextEvent({ connection: reading, timeoutMs: -1 }), '', 'its end');
  native().closeFd(reading);
});

test('a pipe holds as much as it is asked to', (t) => {
  const bytes = 2 ** 19;
  const [reading, writing] = native().pipe({ bytes });
  native().neverWait(writing);
  t.is(writeSync(writing, Buffer.alloc(bytes)), bytes);
  for (const fd of [reading, writing]) native().closeFd(fd);
});

test('a monitor starts with its plan on 3, its status pipe on 4 and nothing else of ours', async (t) => {
  const planFd = native().memfd({ name: 'plan', text: 'plan' });
  const [reading, statusFd] = native().pipe();
  const nothing = openSync('/dev/null', 'r+');
  const open = openSync('/etc', 'r');
  const script = 'cat <&3; echo; ls -m /proc/$$/fd; ps -o sid= -p $$; env | grep -v ^PWD=';
  const argv = ['sh', '-c', `{ ${script}; } >&4`];
  const stdio = [nothing, nothing, nothing] as const;
  const started = native().spawnMonitor({ path: '/bin/sh', argv, planFd, statusFd, stdio });
  for (const fd of [planFd, statusFd, nothing, open]) native().closeFd(fd);
  if (!('pid' in started)) return t.fail();
  const { pid, pidfd } = started;
  await native().nextEvent({ connection: pidfd, timeoutMs: -1 });
  native().closeFd(pidfd);
  const [plan, descriptors = '', session, ...environment] = readFileSync(reading, 'utf8').trim().split('\n');
  native().closeFd(reading);
  t.is(plan, 'plan');
  // 10: where the shell keeps its own standard output meanwhile.
  t.regex(descriptors, /^0, 1, (10, )?2, 3, 4$/);
  t.is(session?.trim(), String(pid), 'a session of its own');
  t.deepEqual(environment, []);
});

test('a program that cannot be run is a failure with its errno', (t) => {
  const stdio = [0, 1, 2] as const;
  const failed = native().spawnMonitor({ path: '/no/such', argv: ['x'], planFd: 0, statusFd: 1, stdio });
  t.like(failed, { syscall: 'execve', errno: errno.ENOENT, path: '/no/such' });
  t.like(native().execve({ path: '/no/such', argv: ['x'], environment: [], keep: [] }), {
    errno: errno.ENOENT,
  });
});

test('what is no terminal has no window size', (t) => {
  const fd = openSync('/dev/null', 'r');
  t.is(native().windowSize(fd), null);
  closeSync(fd);
});
