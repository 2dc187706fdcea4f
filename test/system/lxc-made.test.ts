/** Containers that Debian's lxc made run unchanged where they are. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../rig/eventually.ts';
import { publishedDebian } from '../rig/images.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const compared = requires('root', 'lxc', 'veth', 'bridge');
const withDebian = requires('root', 'lxc', 'veth', 'bridge', 'debian');

compared('one of lxc-create -t busybox: both tools run it in turns', async (t) => {
  const world = await makeWorld(t);
  await world.sh('ip link add lxcbr0 type bridge; ip link set lxcbr0 up; mkdir store');
  await world.sh('lxc-create -P $PWD/store -n b1 -t busybox');
  // Debian's lxc says "apparmor.profile = generated" in its default configuration; this host may be without AppArmor.
  const store = join(world.dir, 'store');
  for (const tool of ['lxc', 'tlxc', 'lxc', 'tlxc']) {
    await world.sh(`${tool}-start -P ${store} -n b1`);
    t.is(await world.sh(`${tool}-attach -P ${store} -n b1 -- hostname`), 'b1\n', tool);
    t.regex(await world.sh(`${tool}-ls -P ${store} --fancy`), /b1 +RUNNING 0 /, tool);
    t.regex(await world.sh(`${tool}-attach -P ${store} -n b1 -- ip link`), /eth0.*UP/, tool);
    await world.sh(`${tool}-stop -P ${store} -n b1 -k`);
    t.regex(await world.sh(`${tool}-ls -P ${store} --fancy`), /b1 +STOPPED 0 /, tool);
  }
  await world.sh('ip link del lxcbr0');
});

withDebian('one of lxc-create -t local: Debian boots as far as under LXC', async (t) => {
  const world = await makeWorld(t);
  const store = join(world.dir, 'store');
  await world.sh('ip link add lxcbr0 type bridge; ip link set lxcbr0 up; mkdir store');
  const { meta, rootfs } = await publishedDebian();
  await world.sh(`lxc-create -P ${store} -n d1 -t local -- --metadata ${meta} --fstree ${rootfs}`);
  // No DHCP answers here: both would wait for it alike.
  appendFileSync(join(store, 'd1/config'), 'lxc.net.0.ipv4.address = 10.0.3.9/24\n');
  const words: Record<string, string> = {};
  for (const tool of ['lxc', 'tlxc']) {
    await world.sh(`${tool}-start -P ${store} -n d1`);
    words[tool] = await eventually(90, async () => {
      const { stdout } = await world.run(
        `${tool}-attach`,
        '-P',
        store,
        '-n',
        'd1',
        '--',
        'systemctl',
        'is-system-running',
      );
      return /running|degraded/.test(stdout) ? stdout : undefined;
    });
    const failed = await world.sh(
      `${tool}-attach -P ${store} -n d1 -- systemctl --failed --plain --no-legend`,
    );
    words[tool] += failed;
    await world.sh(`${tool}-stop -P ${store} -n d1 -k`);
  }
  t.is(words['tlxc'], words['lxc']);
  await world.sh('ip link del lxcbr0');
});
