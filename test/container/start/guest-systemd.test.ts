/** What is done for the systemd that a container boots: its view of control groups, and services that need no CAP_SYS_ADMIN. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { guestSystemd } from '../../../src/container/start/guest-systemd.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { minimalConfig, written } from '../../plan/sample.ts';
import { addBusybox, addDebian } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'busybox');
const grouped = requires('root', 'busybox', 'cgroup1');
const booting = requires('root', 'debian', 'bridge', 'veth', 'dnsmasq', 'nftables');

const GENERATOR = join(packageRoot, 'config/inside/systemd-generator');

/** What the generator writes for a systemd of this version, in a process with or without CAP_SYS_ADMIN. */
function generated(t: ExecutionContext, version: string, isCapable: boolean): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'tlxc-generator-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'systemctl'), `#!/bin/sh\necho 'systemd ${version}'\necho +PAM\n`, {
    mode: 0o755,
  });
  const words = [...(isCapable ? [] : ['--bounding-set', '-sys_admin']), GENERATOR, join(directory, 'out')];
  const env = { PATH: `${directory}:/usr/bin:/bin` };
  const { status, stderr } = spawnSync('setpriv', words, { encoding: 'utf8', env });
  t.is(`${status} ${stderr}`, '0 ');
  try {
    return readFileSync(join(directory, 'out/service.d/tlxc-no-filters.conf'), 'utf8');
  } catch {
    return undefined;
  }
}

rooted('services lose their filters from systemd 255 on, and only where there is no CAP_SYS_ADMIN', (t) => {
  t.regex(generated(t, '255 (255.4-1ubuntu8)', false) ?? '', /^\[Service\]\nSystemCallFilter=\n/);
  t.regex(generated(t, '257~rc2', false) ?? '', /^RestrictNamespaces=no$/m);
  t.is(generated(t, '254 (254.26)', false), undefined);
  t.is(generated(t, '', false), undefined);
  t.is(generated(t, '262', true), undefined);
});

booting('Debian 13 without CAP_SYS_ADMIN boots whole, and has an address', async (t) => {
  const world = await makeWorld(t);
  const net = ['lxc.net.0.type = veth', 'lxc.net.0.link = tlxcbr0', 'lxc.net.0.flags = up'];
  const config = ['lxc.include = /usr/share/tlxc/config/common.conf', ...net];
  addDebian(world, 'c1', { privileged: true, config }, 'trixie');
  const { stderr } = await world.run('tlxc-start', '-n', 'c1', '--wait=ready,ip');
  t.is(stderr, '');
  const status = 'systemctl is-system-running; systemctl --failed --no-legend';
  t.is((await world.sh(`tlxc-attach -n c1 -- sh -c '${status}'`)).trim(), 'running');
  const filtered = 'systemd-run --wait -q -p User=daemon -p RestrictNamespaces=yes /bin/true';
  await t.notThrowsAsync(world.sh(`tlxc-attach -n c1 -- ${filtered}`));
  await world.sh('tlxc-stop -k -n c1');
});

/** Its init is busybox's, and lies where systemd's does, beside this library of systemd's. */
function addGuest(world: World, name: string, library: string): void {
  addBusybox(world, name, { privileged: true, config: ['lxc.mount.auto = cgroup:rw:force'] });
  const rootfs = join(world.lxcpath, name, 'rootfs');
  const [own, shared] = ['usr/lib/systemd', 'usr/lib/x86_64-linux-gnu/systemd'].map((at) => join(rootfs, at));
  for (const directory of [own, shared]) mkdirSync(directory ?? '', { recursive: true });
  if (library !== '') writeFileSync(join(shared ?? '', library), '');
  copyFileSync(join(rootfs, 'bin/busybox'), join(own ?? '', 'systemd'));
  rmSync(join(rootfs, 'bin/init'));
  symlinkSync('/usr/lib/systemd/systemd', join(rootfs, 'bin/init'));
}

grouped(
  'a systemd that boots with cgroup version 2 only gets it, where the host has version 1, too',
  async (t) => {
    const world = await makeWorld(t);
    addGuest(world, 'c1', 'libsystemd-core-262.so');
    addGuest(world, 'c2', 'libsystemd-shared-257.so');
    const view = 'awk \'$2 == "/sys/fs/cgroup" { print $3 }\' /proc/mounts';
    await world.sh('tlxc-start -n c2');
    t.is((await world.sh(`tlxc-attach -n c2 -- ${view}`)).trim(), 'tmpfs');
    const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
    if (/ cgroup2 /.test(readFileSync('/proc/mounts', 'utf8'))) {
      t.is((await world.sh(`tlxc-attach -n c1 -- ${view}`)).trim(), 'cgroup2');
    } else {
      t.is(code, 1);
      t.regex(stderr, /its systemd 262 boots with cgroup version 2 only[^]*mount -t cgroup2/);
    }
    await world.sh('tlxc-stop -k -n c2; tlxc-stop -k -n c1 || true');
  },
);

rooted('links of a container lead to no library of the host', async (t) => {
  const world = await makeWorld(t);
  addGuest(world, 'c1', '');
  await world.sh('mkdir outside; touch outside/libsystemd-core-262.so');
  const directory = join(world.lxcpath, 'c1/rootfs/usr/lib/systemd-more-linux-gnu');
  mkdirSync(directory);
  symlinkSync(join(world.dir, 'outside'), join(directory, 'systemd'));
  const path = written(`dir:${join(world.lxcpath, 'c1/rootfs')}`);
  t.is(guestSystemd({ ...minimalConfig, rootfs: { path } }), 0);
});
