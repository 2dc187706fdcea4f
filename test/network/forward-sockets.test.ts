/** Unix sockets of the host that several containers want. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { networked } from '../effects/networks.ts';
import { requires } from '../rig/requires.ts';
import { nativeFile } from '../../src/package-root.ts';
import { abandon, addService, forward, heard, world } from './services.ts';

const tested = requires(...networked);

tested('of containers that are started at once for one socket, one has it', async (t) => {
  const w = await world(t);
  const path = join(w.dir, 'a.sock');
  const names = ['c1', 'c2', 'c3', 'c4'];
  for (const name of names)
    addService(w, name, [`tcp 127.0.0.1 80`], { config: [forward(`unix:${path} -> 80`)] });
  // All of them find one that nobody listens on.
  await abandon(w, path);
  const started = await Promise.all(names.map((name) => w.run('tlxc-start', '-n', name)));
  t.is(started.filter(({ code }) => code === 0).length, 1);
  for (const { code, stderr } of started)
    if (code !== 0) t.regex(stderr, /cannot listen on \S+a\.sock \(bind\): address already in use/);
  t.is(await heard(w, `unix ${path} -`), 'tcp 127.0.0.1 80: hello');
  await w.sh(names.map((name) => `tlxc-stop -k -n ${name} || true`).join('; '));
  t.false(existsSync(path));
});

/** Locks, binds, waits for a line, listens, unlocks, waits for the end: as slow as no monitor is. */
const slow = (lock: string, path: string): string => `
  $| = 1; open(L, ">>", "${lock}"); flock(L, 2);
  socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un("${path}")); print "bound\\n";
  <STDIN>; listen(S, 5); flock(L, 8); <STDIN>`;

tested('a socket that does not listen yet is taken from nobody', async (t) => {
  const w = await world(t);
  const path = join(w.dir, 'a.sock');
  addService(w, 'c1', ['tcp 127.0.0.1 80'], { config: [forward(`unix:${path} -> 80`)] });
  const holder = w.spawn('perl', '-MSocket', '-e', slow(join(w.runDir, 'forward.lock'), path));
  await once(holder.stdout, 'data');
  const starting = w.run('tlxc-start', '-n', 'c1');
  await sleep(1000); // it gets to the socket meanwhile, or finds one that listens: both is well
  holder.stdin.write('\n');
  const { code, stderr } = await starting;
  t.is(code, 1);
  t.regex(stderr, /cannot listen on \S+a\.sock \(bind\): address already in use/);
  t.true(existsSync(path));
  holder.stdin.end();
  await once(holder, 'close');
});

tested('a running container does not wait long for who keeps the lock, and says who does', async (t) => {
  const w = await world(t);
  addService(w, 'c1', ['tcp 127.0.0.1 80'], { config: [forward('127.0.0.1:8080 -> 80')] });
  await w.sh('tlxc-start -n c1');
  const holder = w.spawn('flock', join(w.runDir, 'forward.lock'), 'sh', '-c', 'echo held; cat');
  await once(holder.stdout, 'data');
  const refused = await w.run(
    'tlxc-device',
    '-n',
    'c1',
    'add',
    'proxy',
    `unix:${join(w.dir, 'a.sock')} -> 80`,
  );
  t.not(refused.code, 0);
  t.regex(refused.stderr, /\(flock\)[^]*another command of TLXC keeps it; try again/);
  t.is(await w.sh('tlxc-info -n c1 -sH'), 'RUNNING\n');
  holder.stdin.end();
  await once(holder, 'close');
  await w.sh(`tlxc-device -n c1 add proxy 'unix:${join(w.dir, 'a.sock')} -> 80'; tlxc-stop -k -n c1`);
});

/** Starts a proxy as a monitor of this version would, and prints what it answers: errno and call. */
const asked = (version: string): string => `
  socketpair(A, B, AF_UNIX, SOCK_SEQPACKET, 0);
  if (!fork) { open(STDIN, "<&B"); exec "${nativeFile('tlxc-proxy')}", 0, 0, "plain", ${version} }
  close(B); recv(A, $x, 64, 0); print length($x), join(" ", "", unpack("l Z60", $x)); wait`;

tested('a proxy refuses the orders of a monitor that is of another version', async (t) => {
  const w = await world(t);
  for (const version of ['"0"', '()'])
    t.is(await w.sh(`perl -MSocket -e '${asked(version)}'`), '64 71 version'); // EPROTO
});
