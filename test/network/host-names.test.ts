import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { withServer, withoutServer } from '../../src/network/resolv-conf.ts';
import { reverseZones } from '../../src/network/reverse-zones.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { addNeighbour, bridged, startNeighbour } from './neighbours.ts';

const rooted = requires(...bridged);

const settings = ['tlxc.bridge.host.names = 1'];
const theirs = '# mine\nnameserver 192.0.2.53\noptions timeout:1 attempts:1\n';

/** A resolv.conf of the world's own, in place of the host's; no resolver of the host's is seen. */
async function ownResolver(world: World): Promise<() => string> {
  const file = join(world.dir, 'resolv.conf');
  await world.furnish(
    'mount -t tmpfs tmpfs /run; cat > resolv.conf; mount --bind resolv.conf /etc/resolv.conf; ip link set lo up',
  );
  return () => readFileSync(file, 'utf8');
}

test('our line is the first, once, and goes without a trace', (t) => {
  const text = withServer(theirs, '10.0.4.1');
  t.regex(text, /^# .*tlxc\.bridge\.host\.names.*\nnameserver 10\.0\.4\.1\n# mine\n/);
  t.is(withServer(text, '10.0.4.1'), text);
  t.is(withoutServer(withServer(text, '10.0.5.1')), theirs);
});

test('the zones of a network hold its addresses and no others', (t) => {
  const zones = (address: string, prefix: number): string[] => reverseZones({ address, prefix });
  t.deepEqual(zones('10.0.4.1', 24), ['4.0.10.in-addr.arpa']);
  t.deepEqual(zones('10.77.0.1', 16), ['77.10.in-addr.arpa']);
  t.deepEqual(zones('10.0.5.1', 23), ['4.0.10.in-addr.arpa', '5.0.10.in-addr.arpa']);
  t.is(zones('10.0.4.129', 28).length, 16);
  t.deepEqual(zones('fd00:1:2::1', 64), ['0.0.0.0.2.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa']);
});

rooted('names resolve on the host by its resolv.conf, which is as it was afterwards', async (t) => {
  const world = await makeWorld(t, { settings });
  const shown = await ownResolver(world);
  await world.sh('cat > resolv.conf', { input: theirs });
  addNeighbour(world, 'u1');
  const address = await startNeighbour(world, 'u1');
  const first = (text: string): string => text.split(/\s/)[0] ?? '';
  t.is(first(await world.sh('getent ahostsv4 u1.tlxc')), address);
  t.regex(await world.sh(`getent hosts ${address}`), /\su1\.tlxc/);
  t.regex(await world.sh('tlxc-net status'), /Host names: +resolve on the host, by \/etc\/resolv\.conf/);
  t.regex(await world.sh('tlxc-doctor || true'), /names.*resolve on the host/);

  // A DHCP client of the host's has its way.
  await world.sh('cat > resolv.conf', { input: theirs });
  t.regex(await world.sh('tlxc-net status || true'), /do not resolve on the host: somebody has rewritten/);
  addNeighbour(world, 'u2');
  await world.sh('tlxc-start -n u2');
  t.is(first(await world.sh('getent ahostsv4 u1.tlxc')), address);

  await world.sh('tlxc-stop -k -n u1; tlxc-stop -k -n u2; tlxc-net stop');
  t.is(shown(), theirs);
});

rooted('with the switch turned off the host is told no more', async (t) => {
  const world = await makeWorld(t, { settings });
  const shown = await ownResolver(world);
  await world.sh('tlxc-net start');
  t.regex(shown(), /nameserver 10\.0\.4\.1/);
  await world.sh('sed -i s/host.names.*/host.names=0/ $TLXC_CONF; tlxc-net restart');
  t.is(shown(), '');
  await world.sh('tlxc-net stop');
});

rooted('a resolv.conf that somebody else keeps is left alone, and said', async (t) => {
  const world = await makeWorld(t, { settings });
  await world.furnish(
    'mount -t tmpfs tmpfs /run; mkdir low /run/x; touch /run/x/resolv.conf; ln -s /run/x/resolv.conf low/resolv.conf; mount -t overlay -o lowerdir=low:/etc overlay /etc',
  );
  const { code, stderr } = await world.run('tlxc-net', 'start');
  t.is(code, 0, 'the bridge is up');
  t.regex(
    stderr,
    /warning: .*cannot be told to the host: \/etc\/resolv\.conf is a link to \/run\/x\/resolv\.conf.*; have it name 10\.0\.4\.1/,
  );
  addNeighbour(world, 'u1');
  const started = await world.run('tlxc-start', '-n', 'u1');
  t.is(started.stderr, '', 'it has been said');
  await world.sh('tlxc-stop -k -n u1');
  t.regex(await world.sh('tlxc-net status || true'), /DHCP, DNS: +dnsmasq/);
  await world.sh('tlxc-net stop');
});

rooted('a resolv.conf that cannot be written is said once, and the bridge serves all the same', async (t) => {
  const world = await makeWorld(t, { settings });
  await world.furnish(
    'mount -t tmpfs tmpfs /run; mkdir low; touch low/resolv.conf; mount -t overlay -o lowerdir=low:/etc overlay /etc',
  );
  const start = async (name: string): Promise<string> => {
    addNeighbour(world, name);
    const { code, stderr } = await world.run('tlxc-start', '-n', name);
    t.is(code, 0, stderr);
    return stderr;
  };
  const said =
    /^tlxc-start: u\d: warning: containers' names cannot be told to the host: \/etc\/resolv\.conf cannot be written: read-only file system; make it writable .*host\.names = 0\n$/;
  t.regex(await start('u1'), said);
  t.is(await start('u2'), '');
  t.regex(
    await world.sh('tlxc-net status'),
    /do not resolve on the host: \/etc\/resolv\.conf cannot be written: read-only file system\n/,
  );
  await world.sh('ip link delete tlxcbr0');
  t.regex(await start('u3'), said);
  const { ports } = JSON.parse(await world.sh('tlxc-net status --json')) as { ports: string[] };
  t.is(ports.length, 3, 'those that ran are connected again');
  t.regex((await world.run('tlxc-net', 'start')).stderr, /^tlxc-net: warning: .*cannot be written/);
});

const RESOLVED = '/run/systemd/resolve/io.systemd.Resolve';

/** Programs of that name that only write down how they were called. */
const pretend = (...names: readonly string[]): string => `
mkdir fake; mount -t tmpfs tmpfs /run
for name in ${names.join(' ')}; do
  printf '#!/bin/sh\\n{ echo "$(basename $0) $*"; [ "$1" != -a ] || cat; } >> %s\\n' $PWD/told > fake/$name
  chmod +x fake/$name
done
mount -t overlay -o lowerdir=fake:/usr/sbin overlay /usr/sbin`;

rooted(
  'where systemd-resolved runs, it is asked for what concerns the bridge, and for nothing else',
  async (t) => {
    const world = await makeWorld(t, { settings: [...settings, 'tlxc.bridge.ipv6 = fd44::1/64'] });
    await world.furnish(`${pretend('resolvectl')}; mkdir -p /run/systemd/resolve; mkfifo up`);
    const resolved = `require("net").createServer().listen("${RESOLVED}", () => console.log())`;
    await world.sh(`node -e '${resolved}' > up 2>/dev/null & echo $! > resolved; read line < up`);
    await world.sh('tlxc-net start; tlxc-net stop; kill $(cat resolved)');
    t.deepEqual(readFileSync(join(world.dir, 'told'), 'utf8').trim().split('\n'), [
      'resolvectl dns tlxcbr0 10.0.4.1 fd44::1',
      'resolvectl domain tlxcbr0 ~tlxc ~4.0.10.in-addr.arpa ~0.0.0.0.0.0.0.0.0.0.0.0.4.4.d.f.ip6.arpa',
      'resolvectl default-route tlxcbr0 no',
      'resolvectl dnssec tlxcbr0 no',
      'resolvectl revert tlxcbr0',
    ]);
  },
);

rooted('where resolvconf keeps resolv.conf, it is told of the server', async (t) => {
  const world = await makeWorld(t, { settings: [...settings, 'tlxc.bridge.ipv6 = none'] });
  await world.furnish(pretend('resolvconf'));
  // What a systemd-resolved leaves that has ended.
  const left = `require("net").createServer().listen("${RESOLVED}", () => process.kill(process.pid, 9))`;
  await world.sh(`mkdir -p /run/systemd/resolve; node -e '${left}' || test -S ${RESOLVED}`);
  await world.sh('tlxc-net start; tlxc-net stop');
  t.is(
    readFileSync(join(world.dir, 'told'), 'utf8'),
    'resolvconf -a lo.tlxc\nnameserver 10.0.4.1\nresolvconf -d lo.tlxc\n',
  );
});
