/** A plain user's network where root has set nothing up, carried by passt: what it reaches, and what it must not. */
import { once } from 'node:events';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { eventually } from '../rig/eventually.ts';
import type { Outcome } from '../rig/process.ts';
import { requires } from '../rig/requires.ts';
import { allowInterfaces, makeUser, openTun, USER, type User } from '../rig/user.ts';
import { peer } from './services.ts';

const carried = requires('root', 'userns', 'overlay', 'users', 'busybox', 'veth', 'passt', 'compiler');
const named = requires('root', 'userns', 'overlay', 'users', 'busybox', 'veth', 'passt', 'dnsmasq');
const made = requires('root', 'userns', 'idmap', 'overlay', 'users', 'busybox');

/**
 * 192.0.2.1, 198.51.100.1 and 2001:db8::1 are a machine beyond the host's uplink, which answers, and the host's own loopback has
 * the same services. HTTP, for TCP: the passt of 2023 leaves connections that one side has closed half waiting.
 */
async function beyond(t: ExecutionContext): Promise<User> {
  const user = await makeUser(t);
  const { world } = user;
  await openTun(t, user);
  await world.sh(`ip link set lo up
    mkdir -p /run/netns; mount -t tmpfs netns /run/netns
    ip netns add far && ip link add up0 type veth peer name up1 netns far
    ip addr add 192.0.2.2/24 dev up0; ip -6 addr add 2001:db8::2/64 dev up0 nodad; ip link set up0 up
    ip -n far link set lo up; ip -n far link set up1 up; ip -n far addr add 192.0.2.1/24 dev up1
    ip -n far addr add 198.51.100.1/32 dev lo; ip -n far -6 addr add 2001:db8::1/64 dev up1 nodad
    ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8::1
    sysctl -qw net.ipv4.ping_group_range='0 2147483647'
    mkdir ${world.dir}/www; echo hello > ${world.dir}/www/index.html`);
  const pids = join(world.dir, 'service');
  const begin = (number: number, ...words: readonly [string, ...string[]]) =>
    world.spawn('sh', '-c', `echo $$ > ${pids}${number}; exec "$@"`, 'sh', ...words);
  const udp = [peer, 'serve', ...['udp', '0.0.0.0', '8001'], ...['udp', '::', '8001']] as const;
  const http = ['busybox', 'httpd', '-f', '-h', join(world.dir, 'www'), '-p', '8001'] as const;
  const far = ['ip', 'netns', 'exec', 'far'] as const;
  const all = [begin(1, ...far, ...udp), begin(2, ...far, ...http), begin(3, ...udp), begin(4, ...http)];
  const ended = Promise.all(all.map((each) => once(each, 'exit')));
  t.teardown(async () => {
    await world.sh(`kill $(cat ${pids}?)`);
    await ended;
    await world.sh('ip netns del far; umount /run/netns; ip link del up0 2>/dev/null || true');
    // The parts of a service end when it has ended.
    await eventually(20, async () =>
      (await world.run('pgrep', '-f', `^(${peer}|busybox httpd) `)).code === 1 ? true : undefined,
    );
  });
  for (const end of ['http 198.51.100.1', 'http [2001:db8::1]', 'http 127.0.0.1', 'http [::1]'])
    await eventually(20, async () => ((await asked(world, end)) === 'hello' ? true : undefined));
  return user;
}

interface Shell {
  readonly run: (program: string, ...args: readonly string[]) => Promise<Outcome>;
}

/** What is answered at "http ADDRESS" or "udp ADDRESS", port 8001; "": nothing, in the time that a test has. */
async function asked(shell: Shell, end: string): Promise<string> {
  const [kind, address = ''] = end.split(' ');
  const line =
    kind === 'http'
      ? `busybox timeout 4 busybox wget -q -O - http://${address}:8001/`
      : `busybox timeout 4 $PEER say udp ${address} 8001 hello`;
  return (await shell.run('sh', '-c', line.replace('$PEER', peer))).stdout.trim();
}

/** c1, made as a user makes one who knows of no network; these lines are added, and nothing in it asks for DHCP. */
async function start(user: User, ...lines: readonly string[]): Promise<Shell> {
  const config = ['lxc.init.cmd = /bin/sleep 1000', ...lines];
  writeFileSync(join(user.home, 'more'), config.map((line) => `${line}\n`).join(''));
  await user.sh(
    'tlxc-create -n c1 -t busybox; cat more >> .local/share/tlxc/c1/config; tlxc-start -n c1 2> said; ! grep -v "control group" said',
  );
  copyFileSync(peer, join(user.home, 'peer'));
  chmodSync(join(user.home, 'peer'), 0o755);
  await user.sh('tlxc-file push peer c1/bin/peer');
  return {
    run: (program, ...args) =>
      user.run('tlxc-attach', '-n', 'c1', '--', program, ...args.map((each) => each.replace(peer, 'peer'))),
  };
}

const inside = (user: User, line: string): Promise<string> => user.sh(`tlxc-attach -n c1 -- sh -c '${line}'`);

/** The user's processes with these words in their command lines. */
const running = async ({ world }: User, words: string): Promise<string[]> =>
  (await world.run('pgrep', '-u', String(USER.uid), '-f', words)).stdout.split('\n').filter(Boolean);

const BEYOND = [
  'http 192.0.2.1',
  'http 198.51.100.1',
  'http [2001:db8::1]',
  'udp 192.0.2.1',
  'udp 2001:db8::1',
];
const answers = (shell: Shell, ends: readonly string[]): Promise<string[]> =>
  Promise.all(ends.map(async (end) => (await asked(shell, end)).replace(/^.*: /, '')));

carried(
  'without a quota there are TCP, UDP, ping and IPv6, and nothing of the host’s loopback',
  async (t) => {
    const user = await beyond(t);
    const c1 = await start(user);
    t.regex(
      await user.sh('tlxc-config explain -n c1 tlxc.net.0.type'),
      /^tlxc\.net\.0\.type +passt +- +\S+\/c1\/config:\d+$/m,
    );
    t.deepEqual(
      await answers(c1, BEYOND),
      BEYOND.map(() => 'hello'),
    );
    await inside(user, 'ping -c 1 -w 5 198.51.100.1');
    await inside(user, 'udhcpc -n -q -t 5 -T 2 -i eth0 -s /bin/true 2> /dev/null');
    const info = await user.sh('tlxc-info -n c1');
    t.regex(info, /^IP: +10\.0\.2\.15$/m);
    t.notRegex(info, /^Link:/m, 'it leads to no interface of the host');
    t.regex(await user.sh('tlxc-ls -f'), /10\.0\.2\.15/);

    // As the container's root may: 127.0.0.1 and ::1 by way of the interface, as if they were somebody else's.
    await inside(
      user,
      `echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet
     ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.0/8 via 10.0.2.2 src 10.0.2.15
     ip -6 addr del ::1/128 dev lo; ip -6 route add ::1/128 via fe80::1 dev eth0`,
    );
    t.regex(await inside(user, 'ip route get 127.0.0.1'), /via 10\.0\.2\.2 dev eth0/);
    const loopback = [
      'http 127.0.0.1',
      'udp 127.0.0.1',
      'http 127.9.9.9',
      'http [::1]',
      'http 10.0.2.2',
      'http 10.0.2.3',
    ];
    t.deepEqual(
      await answers(c1, loopback),
      loopback.map(() => ''),
    );
    t.deepEqual(await answers(c1, ['http 198.51.100.1']), ['hello'], 'and all else as before');
    await user.sh('tlxc-stop -k -n c1');
    t.deepEqual(await running(user, 'passt|tlxc network'), []);
  },
);

carried('ports lead in where one is forwarded; a reboot, and passt’s own death, it survives', async (t) => {
  const user = await beyond(t);
  const c1 = await start(user, 'tlxc.net.0.forward = 8080 -> 80');
  await inside(user, 'mkdir -p /www; echo inside > /www/index.html; httpd -h /www -p 80');
  const fetch = (port: number) =>
    user.world.run('busybox', 'wget', '-q', '-O', '-', `http://192.0.2.2:${port}/`);
  t.is(await eventually(20, async () => (await fetch(8080)).stdout || undefined), 'inside\n');
  t.is((await fetch(80)).stdout, '', 'no other port');

  const only = async (other = ''): Promise<string> =>
    eventually(20, async () => {
      const all = (await running(user, 'no-map-gw')).filter((pid) => pid !== other);
      return all.length === 1 ? all[0] : undefined;
    });
  const first = await only();
  await user.sh('sleep 1.2'); // what dies sooner than that is not worth another try
  await user.sh(`kill -KILL ${first}`);
  const second = await only(first);
  t.deepEqual(await answers(c1, ['http 198.51.100.1']), ['hello'], 'the same interface, another passt');

  await user.run('tlxc-attach', '-n', 'c1', '--', 'reboot', '-f');
  const third = await only(second);
  t.deepEqual(
    await eventually(20, async () => {
      const all = await answers(c1, ['udp 192.0.2.1']);
      return all[0] === '' ? undefined : all;
    }),
    ['hello'],
  );

  const [monitor = ''] = await running(user, 'tlxc monitor');
  await user.sh(`kill -KILL ${monitor}`);
  await eventually(20, async () =>
    (await running(user, 'passt|tlxc network')).length === 0 ? true : undefined,
  );
  await user.sh('tlxc-start -n c1 2> /dev/null');
  t.not(await only(), third);
  t.deepEqual(await answers(c1, ['http 198.51.100.1']), ['hello']);
  await user.sh('tlxc-stop -k -n c1');
});

named('10.0.2.3 is the host’s name server, also one on 127.0.0.1', async (t) => {
  const user = await beyond(t);
  const pid = join(user.world.dir, 'names.pid');
  await user.world.sh(`echo 'nameserver 127.0.0.1' > /etc/resolv.conf
    dnsmasq --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts --user=root \
      --pid-file=${pid} --address=/probe.test/198.51.100.1`);
  t.teardown(() => user.world.sh(`kill $(cat ${pid})`));
  const c1 = await start(user);
  t.regex((await c1.run('nslookup', 'probe.test', '10.0.2.3')).stdout, /Address.*198\.51\.100\.1/);
  await user.sh('tlxc-stop -k -n c1');
});

carried('what is missing is told with its line and the command that mends it; nothing is left', async (t) => {
  const user = await beyond(t);
  await user.sh('tlxc-create -n c1 -t busybox');
  const refused = async (): Promise<string> => {
    const { code, stderr } = await user.run('tlxc-start', '-n', 'c1');
    t.is(code, 1);
    t.deepEqual(await running(user, 'passt|tlxc network|tlxc monitor'), []);
    return stderr;
  };
  const line = /c1\/config:\d+:\d+: tlxc\.net\.0\.type = passt: /.source;
  await user.world.sh('chmod 600 /dev/net/tun');
  t.regex(
    await refused(),
    new RegExp(`${line}/dev/net/tun is closed to users; mend: chmod 666 /dev/net/tun \\(as root\\)`),
  );
  await user.world.sh('chmod 666 /dev/net/tun; mount --bind /bin/false /usr/bin/passt');
  t.regex(await refused(), /passt.*\n(.*\n)* +at .*c1\/config:\d+ \(tlxc\.net\.0\.type\)/);
  await user.world.sh('umount /usr/bin/passt');
  const second = 'lxc.net.1.type = veth\ntlxc.net.1.type = passt\nlxc.net.0.ipv4.address = 10.9.0.2/24';
  await user.sh(`echo '${second}' >> .local/share/tlxc/c1/config`);
  const both = await refused();
  t.regex(both, /tlxc\.net\.1\.type = passt: one is enough, and lxc\.net\.0 is it/);
  t.regex(both, /lxc\.net\.0\.ipv4\.address: with passt it needs lxc\.net\.0\.ipv4\.gateway as well/);
});

carried('whoever has a quota is on the bridge as before', async (t) => {
  const user = await makeUser(t);
  await allowInterfaces(t, user, `${USER.name} veth tlxcbr0 1`);
  await user.sh('tlxc-create -n c1 -t busybox');
  t.notRegex(await user.sh('cat .local/share/tlxc/c1/config'), /passt/);
});

made('an import is carried as its own host has it, not as the one that it comes from', async (t) => {
  const user = await makeUser(t);
  const { world, home } = user;
  const carriers = (shell: { sh: (line: string) => Promise<string> }, config: string): Promise<string> =>
    shell.sh(`grep '^tlxc.net' ${config} || true`);
  const own = (name: string): Promise<string> => carriers(user, `.local/share/tlxc/${name}/config`);
  const line = 'tlxc.net.0.type = passt\n';
  await user.sh('tlxc-create -n c1 -t busybox; tlxc-export -n c1 c1.tar; tlxc-import -N c2 c1.tar 2> said');
  t.is(await user.sh('cat said'), '');
  t.is(await own('c2'), line);
  await user.sh(
    'mkdir -p tree/bin tree/etc tree/sbin; touch tree/bin/sh tree/sbin/init tree/etc/passwd; tar -C tree -cf tree.tar .; tlxc-import -N c3 tree.tar',
  );
  t.is(await own('c3'), line);
  await world.sh(`tlxc-import -N c1 ${home}/c1.tar; tlxc-import --trust -N c2 ${home}/c1.tar`);
  for (const name of ['c1', 'c2']) t.is(await carriers(world, `${world.dir}/lxc/${name}/config`), '');
  await allowInterfaces(t, user, 'ann veth tlxcbr0 10');
  await user.sh('tlxc-import -N c4 c1.tar');
  t.is(await own('c4'), '');
});
