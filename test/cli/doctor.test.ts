import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'netns', 'bridge', 'dnsmasq', 'nftables');

interface Finding {
  readonly what: string;
  readonly level: string;
  readonly found: string;
  readonly mend: string;
}

async function examine(
  world: World,
): Promise<{ code: number | null; of: (what: string) => Finding | undefined }> {
  const { code, stdout } = await world.run('tlxc-doctor', '--json');
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  return { code, of: (what) => findings.find((finding) => finding.what === what) };
}

rooted('the bridge that is not there is a warning, and its mend mends it', async (t) => {
  const world = await makeWorld(t);
  const before = await examine(world);
  t.is(before.code, 0, 'containers without network run');
  t.like(before.of('bridge'), { level: 'warning', found: 'tlxcbr0 is not there', mend: 'tlxc-net start' });
  await world.sh(before.of('bridge')?.mend ?? '');
  t.is((await examine(world)).of('bridge')?.level, 'ok');
});

rooted('a firewall that drops what is forwarded is a problem, and its mend mends it', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-net start');
  await world.sh(
    'nft add table ip filter; nft "add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }"',
  );
  const dropped = await examine(world);
  t.is(dropped.code, 1);
  t.is(dropped.of('firewall')?.level, 'problem');
  await world.sh(dropped.of('firewall')?.mend ?? '');
  const mended = await examine(world);
  t.is(mended.code, 0);
  t.is(mended.of('firewall')?.level, 'ok');
});

rooted('forwarding that somebody took away is a problem, and its mend mends it', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-net start && echo 0 > /proc/sys/net/ipv4/ip_forward');
  const closed = await examine(world);
  t.is(closed.of('forwarding')?.level, 'problem');
  await world.sh(closed.of('forwarding')?.mend ?? '');
  t.is((await examine(world)).of('forwarding')?.level, 'ok');
});

rooted('who holds the port of DNS is named', async (t) => {
  const world = await makeWorld(t);
  const pidFile = join(world.dir, 'other.pid');
  await world.sh(`dnsmasq --conf-file=/dev/null --pid-file=${pidFile}`);
  t.regex((await examine(world)).of('ports')?.found ?? '', /^port 53 is held by dnsmasq \(pid \d+\)/);
  await world.sh(`kill $(cat ${pidFile})`);
});

rooted('a resolver on an address of its own keeps no port from the bridge', async (t) => {
  const world = await makeWorld(t);
  const pidFile = join(world.dir, 'other.pid');
  await world.sh(
    `dnsmasq --conf-file=/dev/null --pid-file=${pidFile} --bind-interfaces --listen-address=127.0.0.53`,
  );
  t.is((await examine(world)).of('ports'), undefined);
  await world.sh(`kill $(cat ${pidFile})`);
});

requires('root', 'netns')('a start that fails tells what the host lacks', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { config: ['lxc.init.cmd = /nothing'] });
  const usual = await world.run('tlxc-start', '-n', 'c1');
  t.notRegex(usual.stderr, /this host/, 'nothing is lacking, nothing is told');
  const closed =
    'for place in /sys/fs/cgroup/*; do mount -o remount,bind,ro $place 2>/dev/null; done; tlxc-start -n c1';
  const { code, stderr } = await world.run('unshare', '--mount', 'sh', '-c', closed);
  t.is(code, 1);
  t.regex(stderr, /this host: cgroups: not writable: \/sys.*\n {4}mend: mount -o remount,rw \/sys/);
});

requires('root')('a user without subordinate ids is told so, with the command that gives some', async (t) => {
  const world = await makeWorld(t);
  const nobody = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', '--'] as const;
  const { code, stdout } = await world.runWith(
    { env: { TLXC_CONF: '' } },
    ...nobody,
    'tlxc-doctor',
    '-P',
    world.lxcpath,
  );
  t.is(code, 1);
  t.regex(
    stdout,
    /^subordinate uids +problem +\/etc\/subuid gives nobody none\n +mend: usermod --add-subuids /m,
  );
  t.notRegex(stdout, /^bridge/m, 'what only root may see is not asked');
});
