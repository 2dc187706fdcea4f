/** Ports and sockets of the host that lead into a container, as those who use them see it. */
import { chmodSync, copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { networked } from '../effects/networks.ts';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeUser } from '../rig/user.ts';
import { abandon, addService, forward, heard, peer, proxies, say, world } from './services.ts';

const tested = requires(...networked);
const ownedByUser = requires(...networked, 'users', 'overlay');

tested('a port leads in from every address of the host, over TCP and UDP, to whoever listens', async (t) => {
  const w = await world(t);
  const services = [
    'tcp 0.0.0.0 80',
    'tcp ::1 81',
    'tcp 127.0.0.1 82',
    'tcp :: 83',
    'udp 127.0.0.1 53',
    'udp ::1 54',
  ];
  const lines = ['tcp 8080-8083 -> 80-83', 'udp 5353 -> 53', 'udp 5354 -> 54'];
  addService(w, 'c1', services, { config: lines.map(forward) });
  await w.sh('tlxc-start -n c1');
  for (const address of ['127.0.0.1', '127.0.0.7', '::1', '10.6.0.1', 'fd06::1']) {
    t.is(await heard(w, `tcp ${address} 8080`), 'tcp 0.0.0.0 80: hello');
    t.is(await heard(w, `tcp ${address} 8081`), 'tcp ::1 81: hello');
    t.is(await heard(w, `tcp ${address} 8082`), 'tcp 127.0.0.1 82: hello');
    t.is(await heard(w, `tcp ${address} 8083`), 'tcp :: 83: hello');
    t.is(await heard(w, `udp ${address} 5353`), 'udp 127.0.0.1 53: hello');
    t.is(await heard(w, `udp ${address} 5354`), 'udp ::1 54: hello');
  }
  const { forwards } = JSON.parse(await w.sh('tlxc-info -n c1 --json')) as { forwards: unknown[] };
  t.deepEqual(forwards.at(-1), { listen: 'udp 5354', connect: '54', live: false });
  await w.sh('tlxc-stop -k -n c1');
  t.is(await say(w, 'tcp 127.0.0.1 8080'), 'exit 2');
  t.is(await say(w, 'udp ::1 5354'), 'exit 2');
});

tested('a service that asks for it is told by a PROXY line who the client is', async (t) => {
  const w = await world(t);
  const path = join(w.dir, 'a.sock');
  const lines = ['8080 -> 80', `unix:${path} -> 80`, '8081 -> unix:/tmp/app.sock'];
  addService(w, 'c1', ['tcp 127.0.0.1 80', 'unix /tmp/app.sock -'], {
    config: lines.map((line) => forward(`${line} proxy-protocol=1`)),
  });
  await w.sh('tlxc-start -n c1');
  const told = async (end: string) => (await heard(w, end)).replace(/ (\d+) (8\d+)\r/, ' N $2\r');
  const service = 'tcp 127.0.0.1 80: ';
  t.is(await told('tcp 10.6.0.1 8080'), `${service}PROXY TCP4 10.6.0.1 10.6.0.1 N 8080\r\nhello`);
  t.is(await told('tcp fd06::1 8080'), `${service}PROXY TCP6 fd06::1 fd06::1 N 8080\r\nhello`);
  t.is(await told(`unix ${path} -`), `${service}PROXY UNKNOWN\r\nhello`);
  t.is(
    await told('tcp 127.0.0.1 8081'),
    'unix /tmp/app.sock -: PROXY TCP4 127.0.0.1 127.0.0.1 N 8081\r\nhello',
  );
  await w.sh("tlxc-device -n c1 add --saved proxy 'tcp 8082 -> 80 proxy-protocol=1'");
  t.is(await told('tcp ::1 8082'), `${service}PROXY TCP6 ::1 ::1 N 8082\r\nhello`);
  t.regex(await w.sh('cat lxc/c1/config'), /forward = tcp 8082 -> 80 proxy-protocol=1\n/);
  await w.sh('tlxc-stop -k -n c1');
});

tested('a Unix socket leads in and out, made with its mode and removed at the end', async (t) => {
  const w = await world(t);
  const [host, other] = [join(w.dir, 'a.sock'), join(w.dir, 'b.sock')];
  const lines = [
    `tcp unix:${host} -> unix:/tmp/app.sock mode=0660 uid=7 gid=8`,
    `tcp unix:${other} -> 80`,
    '127.0.0.1:8080 -> unix:/tmp/app.sock',
  ];
  addService(w, 'c1', ['unix /tmp/app.sock -', 'tcp 127.0.0.1 80'], { config: lines.map(forward) });
  await abandon(w, other);
  await w.sh('tlxc-start -n c1');
  t.is(await heard(w, `unix ${host} -`), 'unix /tmp/app.sock -: hello');
  t.is(await heard(w, `unix ${other} -`), 'tcp 127.0.0.1 80: hello');
  t.is(await heard(w, 'tcp 127.0.0.1 8080'), 'unix /tmp/app.sock -: hello');
  const { mode, uid, gid } = statSync(host);
  t.deepEqual([mode & 0o777, uid, gid], [0o660, 7, 8]);
  t.is(statSync(other).mode & 0o777, 0o600);
  // Another user's in the container, closed to all but its owner.
  const inside = join(w.lxcpath, 'c1/rootfs/tmp/app.sock');
  await w.sh('tlxc-attach -n c1 -- sh -c "chown 1000:1000 /tmp/app.sock; chmod 600 /tmp/app.sock"');
  t.true(existsSync(inside));
  t.is(await heard(w, `unix ${host} -`), 'unix /tmp/app.sock -: hello');
  await w.sh('tlxc-stop -k -n c1');
  t.false(existsSync(host));
  t.false(existsSync(other));
});

tested('what is no dead socket is never replaced', async (t) => {
  const w = await world(t);
  const path = join(w.dir, 'a.sock');
  addService(w, 'c1', ['tcp 127.0.0.1 80'], { config: [forward(`tcp unix:${path} -> 80`)] });
  writeFileSync(path, 'mine');
  const { code, stderr } = await w.run('tlxc-start', '-n', 'c1');
  t.is(code, 1);
  t.regex(
    stderr,
    /cannot listen on \S+a\.sock \(bind\): .* in use\n {2}at \S+\/config:\d+ \(tlxc\.net\.0\.forward\)\n {2}hint: /,
  );
  await w.sh(`test "$(cat ${path})" = mine`);
});

tested('a container that cannot have its port does not begin, and says who has it', async (t) => {
  const w = await world(t);
  const started = join(w.dir, 'started');
  const begins = [`lxc.hook.pre-start = touch ${started}`];
  addService(w, 'c1', ['tcp 127.0.0.1 80'], { config: [forward('8080 -> 80')] });
  addService(w, 'c2', ['tcp 127.0.0.1 80'], { config: [forward('tcp 127.0.0.1:8080 -> 80'), ...begins] });
  addService(w, 'c3', ['tcp 127.0.0.1 80'], { config: [forward('udp 9999 -> 80'), ...begins] });
  await w.sh('tlxc-start -n c1');
  const taken = await w.run('tlxc-start', '-n', 'c2');
  t.is(taken.code, 1);
  t.regex(
    taken.stderr,
    /cannot listen on tcp 127\.0\.0\.1:8080 \(bind\): .*\n {2}at \S+\/c2\/config:\d+ \(tlxc\.net\.0\.forward\)/,
  );
  t.regex(taken.stderr, /hint: the container c1 has this port: stop that, or forward another/);
  const holder = await w.sh(`${peer} serve udp 0.0.0.0 9999 </dev/null >/dev/null 2>&1 & echo $!`);
  await heard(w, 'udp 127.0.0.1 9999');
  const refused = await w.run('tlxc-start', '-n', 'c3');
  await w.sh(`kill ${holder}`);
  t.regex(refused.stderr, /cannot listen on udp 9999 .*\n.*\n {2}hint: peer \(pid \d+\) has this port/);
  t.false(existsSync(started));
});

tested('a forward comes to a running container and goes, with its connections', async (t) => {
  const w = await world(t);
  addService(w, 'c1', ['tcp 0.0.0.0 80', 'udp 0.0.0.0 53', 'unix /tmp/app.sock -']);
  await w.sh('tlxc-start -n c1');
  await w.sh(`tlxc-device -n c1 add proxy 'tcp 8080 -> 80'; tlxc-device -n c1 add proxy 'udp 5353 -> 53'`);
  const path = join(w.dir, 'live.sock');
  await w.sh(`tlxc-device -n c1 add proxy 'unix:${path} -> unix:/tmp/app.sock'`);
  t.is(await heard(w, 'tcp ::1 8080'), 'tcp 0.0.0.0 80: hello');
  t.is(await heard(w, 'udp ::1 5353'), 'udp 0.0.0.0 53: hello');
  t.is(await heard(w, `unix ${path} -`), 'unix /tmp/app.sock -: hello');
  t.regex(await w.sh('tlxc-info -n c1'), /^Forward: +tcp 8080 -> 80\nForward: +udp 5353 -> 53$/m);
  const again = await w.run('tlxc-device', '-n', 'c1', 'add', 'proxy', '8080 -> 81');
  t.regex(again.stderr, /tcp 8080 is forwarded already/);
  const range = await w.run('tlxc-device', '-n', 'c1', 'add', 'proxy', '8079-8080 -> 79-80');
  t.is(range.code, 1);
  t.is(await say(w, 'tcp 127.0.0.1 8079'), 'exit 2');
  await w.sh(`tlxc-device -n c1 del proxy 'tcp 8080'; tlxc-device -n c1 del proxy udp 5353`);
  await w.sh(`tlxc-device -n c1 del proxy unix:${path}`);
  t.is(await say(w, 'tcp ::1 8080'), 'exit 2');
  t.is(await say(w, 'udp ::1 5353'), 'exit 2');
  t.false(existsSync(path));
  const gone = await w.run('tlxc-device', '-n', 'c1', 'del', 'proxy', '8080');
  t.regex(gone.stderr, /tcp 8080 is not forwarded/);
  await w.sh(`tlxc-device -n c1 add proxy '8080 -> 80'`);
  t.is(await heard(w, 'tcp ::1 8080'), 'tcp 0.0.0.0 80: hello');
});

tested('after a reboot from inside all forwards work, those added live too', async (t) => {
  const w = await world(t);
  addService(w, 'c1', ['tcp 0.0.0.0 80'], { config: [forward('8080 -> 80')] });
  await w.sh(`tlxc-start -n c1; tlxc-device -n c1 add proxy '8081 -> 80'`);
  t.is(await heard(w, 'tcp ::1 8080'), 'tcp 0.0.0.0 80: hello');
  const pid = await w.sh('tlxc-info -n c1 -pH');
  await w.sh('tlxc-stop -r -n c1');
  await eventually(30, async () => {
    const now = await w.sh('tlxc-info -n c1 -pH');
    return now !== pid && now !== '' ? true : undefined;
  });
  t.is(await heard(w, 'tcp ::1 8080'), 'tcp 0.0.0.0 80: hello');
  t.is(await heard(w, 'tcp ::1 8081'), 'tcp 0.0.0.0 80: hello');
});

tested('a monitor that is killed leaves no proxy, no port and no socket', async (t) => {
  const w = await world(t);
  const path = join(w.dir, 'a.sock');
  const lines = ['8080 -> 80', `unix:${path} -> unix:/tmp/app.sock`];
  addService(w, 'c1', ['tcp 0.0.0.0 80', 'unix /tmp/app.sock -'], { config: lines.map(forward) });
  await w.sh('tlxc-start -n c1');
  t.is(await heard(w, 'tcp ::1 8080'), 'tcp 0.0.0.0 80: hello');
  t.is((await proxies(w)).length, 2);
  const { running } = JSON.parse(
    await w.sh(`node -e '
    import("${join(import.meta.dirname, '../../dist/index.js')}").then(({ Container }) =>
      console.log(JSON.stringify(new Container("c1").info())))'`),
  ) as { running: { monitorPid: number } };
  await w.sh(`kill -9 ${running.monitorPid}`);
  await eventually(30, async () => ((await proxies(w)).length === 0 ? true : undefined));
  t.is(await say(w, 'tcp ::1 8080'), 'exit 2');
  await w.sh('tlxc-start -n c1');
  t.is(await heard(w, `unix ${path} -`), 'unix /tmp/app.sock -: hello');
  await w.sh('tlxc-stop -k -n c1');
  t.false(existsSync(path));
});

tested('a proxy has no privilege, no descriptor but its sockets, and is not seen inside', async (t) => {
  const w = await world(t);
  addService(w, 'c1', ['tcp 0.0.0.0 80'], { config: [forward('8080 -> 80')] });
  await w.sh('tlxc-start -n c1');
  const [pid = ''] = await proxies(w);
  const status = await w.sh(`cat /proc/${pid}/status`);
  for (const line of [/^CapEff:\t0+$/m, /^CapPrm:\t0+$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m])
    t.regex(status, line);
  t.regex(status, /^Uid:\t1000000\t1000000\t1000000\t1000000$/m);
  const open = (
    await w.sh(`ls -l /proc/${pid}/fd | sed -n "s/.* -> //p" | sed "s/[0-9]//g" | sort | uniq -c`)
  ).trim();
  t.regex(open, /^3 anon_inode:\[eventpoll\]\n +2 socket:\[\]$/);
  t.notRegex(await w.sh('tlxc-attach -n c1 -- ps'), /proxy/);
  // One that ends by itself has a successor.
  await eventually(30, async () => {
    const [first = ''] = await proxies(w);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await w.sh(`kill -9 ${first}`);
    return (await heard(w, 'tcp 127.0.0.1 8080')) === 'tcp 0.0.0.0 80: hello' ? true : undefined;
  });
});

tested('nobody inside listening is a connection reset, and much goes through unharmed', async (t) => {
  const w = await world(t);
  addService(w, 'c1', ['tcp 0.0.0.0 80'], { config: ['8080 -> 80', '8081 -> 81'].map(forward) });
  await w.sh('tlxc-start -n c1');
  t.is(await heard(w, 'tcp ::1 8080'), 'tcp 0.0.0.0 80: hello');
  t.is(await say(w, 'tcp ::1 8081'), 'exit 2');
  const text = 'x'.repeat(60_000);
  const all = await Promise.all(
    Array.from({ length: 20 }, async () => (await w.run(peer, 'say', 'tcp', '::1', '8080', text)).stdout),
  );
  t.true(all.every((each) => each === `tcp 0.0.0.0 80: ${text}`));
});

ownedByUser("a plain user forwards ports that are not root's", async (t) => {
  const user = await makeUser(t);
  await user.world.furnish('ip link set lo up');
  await user.sh(
    `printf '%s\\n' 'lxc.net.0.type = empty' 'tlxc.net.0.forward = 8080 -> 80' > seed; tlxc-create -n c1 -f seed -t busybox`,
  );
  const tool = join(user.world.dir, 'peer');
  copyFileSync(peer, tool);
  chmodSync(tool, 0o755);
  await user.sh(
    `tlxc-start -n c1; tlxc-attach -n c1 -- sh -c 'cat > /bin/peer; chmod 755 /bin/peer' < ${tool}`,
  );
  await user.sh(`tlxc-attach -n c1 -- sh -c '/bin/peer serve tcp 0.0.0.0 80 - </dev/null >/dev/null 2>&1 &'`);
  t.is(await heard(user.world, 'tcp 127.0.0.1 8080'), 'tcp 0.0.0.0 80: hello');
  await user.sh(`tlxc-device -n c1 add proxy '8081 -> 80'`);
  t.is(await heard(user.world, 'tcp ::1 8081'), 'tcp 0.0.0.0 80: hello');
  const low = await user.run('tlxc-device', '-n', 'c1', 'add', 'proxy', '80 -> 80');
  t.is(low.code, 1);
  t.regex(low.stderr, /cannot forward tcp 80 \(bind\): .*\n {2}hint: ports below 1024 are root's/);
});

tested('what is remembered is a line of the configuration, and nothing else in it changes', async (t) => {
  const w = await world(t);
  addService(w, 'c1', ['tcp 0.0.0.0 80'], {
    config: ['# mine', forward('8080 -> 80'), forward('9000-9001 -> 9000-9001')],
  });
  const file = join(w.lxcpath, 'c1/config');
  const config = (): string => readFileSync(file, 'utf8');
  const before = config();
  await w.sh('tlxc-start -n c1');
  await w.sh(`tlxc-device -n c1 add --saved proxy 'udp [::1]:53 -> 53'`);
  t.is(config(), `${before}tlxc.net.0.forward = udp [::1]:53 -> 53\n`);
  const taken = await w.run('tlxc-device', '-n', 'c1', 'add', '--saved', 'proxy', '9001 -> 80');
  t.regex(
    taken.stderr,
    /^tlxc-device: c1: tcp 9001 is forwarded at \S+config:\d+ already\n {2}hint: tlxc-device -n c1 del --saved proxy 'tcp 9000-9001' takes that away\n$/,
  );
  await w.sh(`tlxc-device -n c1 del --saved proxy 'udp [::1]:53'`);
  t.is(config(), before);
  const part = await w.run('tlxc-device', '-n', 'c1', 'del', '--saved', 'proxy', '9001');
  t.regex(part.stderr, /tcp 9001 cannot be forgotten: it is part of tcp 9000-9001 at \S+config:\d+/);
  await w.sh(`tlxc-device -n c1 del --saved proxy '8080 -> 80'`);
  t.is(config(), before.replace(/tlxc.*8080.*\n/, ''));
  t.is(await say(w, 'tcp 127.0.0.1 8080'), 'exit 2');
  await w.sh('tlxc-stop -k -n c1');
  const stopped = config();
  await w.sh(`tlxc-device -n c1 add --saved proxy '8081 -> 80'`);
  t.is(config(), `${stopped}tlxc.net.0.forward = tcp 8081 -> 80\n`, 'of a container that does not run, too');
  await w.sh(`tlxc-device -n c1 del --saved proxy 8081`);
  t.is(config(), stopped);
  const none = await w.run('tlxc-device', '-n', 'c1', 'del', '--saved', 'proxy', '8081');
  t.regex(none.stderr, /tcp 8081 is not forwarded/);
});

tested(
  "a privileged container's service is reached, and its proxy has no privilege of the host's",
  async (t) => {
    const w = await world(t);
    const config = ['8080 -> 80', '8081 -> unix:/tmp/app.sock'].map(forward);
    addService(w, 'c1', ['tcp 0.0.0.0 80', 'unix /tmp/app.sock -'], { config, privileged: true });
    await w.sh('tlxc-start -n c1');
    t.is(await heard(w, 'tcp ::1 8080'), 'tcp 0.0.0.0 80: hello');
    await heard(w, 'tcp ::1 8081');
    await w.sh('tlxc-attach -n c1 -- sh -c "chown 1000:1000 /tmp/app.sock; chmod 600 /tmp/app.sock"');
    t.is(await heard(w, 'tcp ::1 8081'), 'unix /tmp/app.sock -: hello');
    const capabilities = await Promise.all(
      (await proxies(w)).map(async (pid) => (await w.sh(`grep CapEff /proc/${pid}/status`)).split(/\s+/)[1]),
    );
    t.deepEqual(capabilities.sort(), ['0000000000000000', '0000000000000002']); // CAP_DAC_OVERRIDE, without a call that opens
  },
);

tested(
  "a forward leads into another container's network where that is shared, and not into the host's",
  async (t) => {
    const w = await world(t);
    addService(w, 'c1', ['tcp 127.0.0.1 80']);
    // Its root is not root of the other's network: no port below 1024 is for it to listen on.
    addService(w, 'c2', ['tcp 127.0.0.1 8181'], {
      config: ['lxc.namespace.share.net = c1', forward('8080 -> 80'), forward('8081 -> 8181')],
    });
    await w.sh('tlxc-start -n c1; tlxc-start -n c2');
    t.is(await heard(w, 'tcp ::1 8080'), 'tcp 127.0.0.1 80: hello');
    t.is(await heard(w, 'tcp ::1 8081'), 'tcp 127.0.0.1 8181: hello');
    addBusybox(w, 'c3', { config: ['lxc.net.0.type = none', forward('8080 -> 80')], privileged: true });
    const { code, stderr } = await w.run('tlxc-start', '-n', 'c3');
    t.is(code, 1);
    t.regex(
      stderr,
      /config:\d+.*: the container is in the host's network: its ports are the host's as they are/,
    );
  },
);
