/**
 * A later Debian package over one whose containers run, and back: they go on, their monitors, which are programs of the package
 * before, answer to the commands of the one after, and what the administrator has set stays. The earlier package is this one
 * under a lower version; TLXC_EARLIER_DEB names a real one.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { requires } from '../rig/requires.ts';
import { bootMachine, build, type Machine } from './debian-machine.ts';

// One machine at a time boots: each is a whole Debian with systemd.
const test = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'debian', 'archive').serial;

/** The package with a lower version. */
function earlier(file: string, dir: string): string {
  const given = process.env['TLXC_EARLIER_DEB'];
  if (given !== undefined) return given;
  const tree = join(dir, 'earlier');
  build('dpkg-deb', '-R', file, tree);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, 'Version: 0.0.1'));
  build('dpkg-deb', '-Znone', '--build', '--root-owner-group', tree, join(dir, 'earlier.deb'));
  return join(dir, 'earlier.deb');
}

/** The machine with both packages in /srv, and busybox. */
async function furnish({ world: { dir }, push }: Machine): Promise<void> {
  const [file = ''] = build('.ci/deb', '--as-built', '--quick', '--node=bundled', dir).split('\n').slice(-1);
  spawnSync('apt-get', ['download', 'xz-utils'], { cwd: dir });
  const xz = readdirSync(dir).find((name) => name.startsWith('xz-utils_')) ?? '';
  for (const [name, source] of Object.entries({ earlier: earlier(file, dir), later: file })) {
    mkdirSync(join(dir, 'packages', name), { recursive: true });
    build('cp', source, join(dir, 'packages', name, 'tlxc.deb'));
  }
  await push(join(dir, 'packages'), '/srv');
  await push(join(dir, xz), '/srv');
  await push(build('sh', '-c', 'command -v busybox'), '/bin');
}

/** Set-user-id root where the administrator made it so. */
const nic = '/usr/lib/tlxc/native/build/Release/tlxc-user-nic';

/** Whoever is asked anything by it waits for an answer that does not come: standard input ends at once. */
const install = (files: string) =>
  `DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --allow-downgrades --no-install-recommends ${files} </dev/null 2>&1`;

const inits = 'tlxc-info -n up -pH; tlxc-info -n cold -pH';
const monitors = "pgrep -f '^.tlxc monitor' || true";

/** The commands, and the monitors of the containers that were started by the other package. */
async function useRunning(t: ExecutionContext, { sh }: Machine, limit: number): Promise<void> {
  t.is(
    await sh('tlxc-ls -f -F NAME,STATE | sed "s/ *$//"'),
    'NAME STATE\ncold FROZEN\ndown STOPPED\nup   RUNNING\n',
  );
  t.is(await sh('tlxc-attach -n up -- hostname'), 'up\n');
  t.regex(
    await sh("printf '\\001q' | script -qec 'tlxc-console -n up -t 1' /dev/null"),
    /Connected to tty 1/,
  );
  await sh(`tlxc-set -n up pids=${limit}`);
  t.regex(await sh(`grep -rlx ${limit} /sys/fs/cgroup --include=pids.max`), /\/up\/pids\.max/);
  await sh('tlxc-freeze -n up; tlxc-unfreeze -n up; tlxc-unfreeze -n cold; tlxc-freeze -n cold');
  t.regex(await sh('tlxc-info -n up'), /^State: +RUNNING$[^]*^PID: +\d+$/m);
  t.regex(await sh('tlxc-logs -n up'), /\S/);
}

async function staysSet(t: ExecutionContext, { sh }: Machine): Promise<void> {
  t.is(await sh(`stat -c %a ${nic}`), '4755\n');
  t.is(await sh('cat /etc/tlxc/default.conf'), 'lxc.net.0.type = empty\n');
  t.is(await sh('systemctl is-enabled tlxc tlxc-net || true'), 'enabled\ndisabled\n');
}

test('an upgrade and a downgrade leave what runs, what is set and what is enabled as it was', async (t) => {
  t.timeout(600_000);
  const machine = await bootMachine(t, { host: true });
  const { sh } = machine;
  await furnish(machine);
  await sh(install('/srv/xz-utils_*.deb /srv/packages/earlier/tlxc.deb'));
  // The bridge is for others to prove: it would take dnsmasq and nft.
  await sh("echo 'lxc.net.0.type = empty' > /etc/tlxc/default.conf; systemctl disable tlxc-net 2>&1");
  await sh(`chmod u+s ${nic}`);
  await sh('for c in up cold down; do tlxc-create -q -t busybox -n $c; done');
  await sh('tlxc-start -n up; tlxc-start -n cold; tlxc-freeze -n cold');
  const before = [await sh(inits), await sh(monitors)];
  t.is(before[1]?.trim().split('\n').length, 2);

  await sh(install('/srv/packages/later/tlxc.deb'));
  t.deepEqual([await sh(inits), await sh(monitors)], before);
  await useRunning(t, machine, 77);
  await staysSet(t, machine);
  // What the monitor still does by itself: a reboot, and the end.
  await sh('tlxc-stop -n up -r -t 60');
  t.not(await sh(inits), before[0]);
  t.is(await sh('tlxc-attach -n up -- hostname'), 'up\n');
  await sh('tlxc-wait -n up -s STOPPED -t 30 & tlxc-stop -n up; wait $!');
  await sh(
    'tlxc-start -n up; tlxc-snapshot -n down; tlxc-destroy -n down -s; tlxc-create -q -t busybox -n down',
  );

  // One monitor is of the later package now, the other still of the earlier one.
  const running = [await sh(inits), await sh(monitors)];
  await sh(install('/srv/packages/earlier/tlxc.deb'));
  t.deepEqual([await sh(inits), await sh(monitors)], running);
  await useRunning(t, machine, 78);
  await staysSet(t, machine);
  await sh(`chmod u-s ${nic}`);
  await sh(install('/srv/packages/later/tlxc.deb'));
  t.is(await sh(`stat -c %a ${nic}`), '755\n', 'nor does it come back');
  await sh('tlxc-stop -n up; tlxc-stop -n cold -k');
  t.is(await sh(monitors), '');
});

test('its service is active from the installation on, and stops all; an upgrade does not start it again', async (t) => {
  t.timeout(400_000);
  const machine = await bootMachine(t, { host: true });
  const { sh } = machine;
  await furnish(machine);
  const active = 'systemctl is-active tlxc || true';
  await sh(install('/srv/xz-utils_*.deb /srv/packages/later/tlxc.deb'));
  t.is(await sh(active), 'active\n');
  const units =
    '/usr/lib/systemd/system/tlxc.service /usr/lib/systemd/system/tlxc-net.service tlxc@c1.service';
  t.is(await sh(`systemd-analyze --man=no verify ${units} 2>&1`), '');
  t.is(
    await sh(
      'XDG_RUNTIME_DIR=/run systemd-analyze --man=no --user verify /usr/lib/systemd/user/tlxc.service 2>&1',
    ),
    '',
  );
  await sh("echo 'lxc.net.0.type = empty' > /etc/tlxc/default.conf; tlxc-create -q -t busybox -n c1");
  await sh('tlxc-start -n c1; systemctl stop tlxc');
  t.is(await sh('tlxc-info -n c1 -sH'), 'STOPPED\n');
  // A unit of its own: its container's end is no failure of it, whoever asked for it.
  for (const end of ['tlxc-stop -n c1', 'tlxc-attach -n c1 -- poweroff', 'systemctl stop tlxc@c1']) {
    await sh(`systemctl start tlxc@c1; ${end}; tlxc-wait -n c1 -s STOPPED -t 60`);
    const ended = 'until systemctl is-active tlxc@c1 | grep -Eq "^(inactive|failed)$"; do sleep 0.1; done';
    t.is(await sh(`timeout 30 sh -c '${ended}'; systemctl is-active tlxc@c1 || true`), 'inactive\n', end);
  }
  await sh(install('--reinstall /srv/packages/later/tlxc.deb'));
  t.is(await sh(active), 'inactive\n');
  await sh('dpkg --remove tlxc 2>&1');
  await sh(install('/srv/packages/later/tlxc.deb'));
  t.is(await sh(active), 'active\n');
});
