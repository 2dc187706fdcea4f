/** The whole life of containers that a plain user has, and what such a user is told where something is missing. */
import { join } from 'node:path';
import { debianRootfsTar } from '../rig/debian.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { Terminal } from '../rig/terminal.ts';
import { allowInterfaces, delegateGroups, makeUser, USER, type User } from '../rig/user.ts';

const rooted = requires('root', 'userns', 'overlay', 'users', 'busybox');
const networked = requires('root', 'userns', 'overlay', 'users', 'busybox', 'bridge', 'veth');
const limited = requires('root', 'userns', 'overlay', 'users', 'busybox', 'cgroup1');
const booting = requires('root', 'userns', 'overlay', 'users', 'debian', 'cgroup1');
const typing = requires('root', 'userns', 'overlay', 'users', 'busybox', 'terminal');

const ALONE = 'lxc.net.0.type = empty';

/** Creates from a configuration of these lines. */
async function create(
  user: User,
  name: string,
  lines: readonly string[],
  ...words: readonly string[]
): Promise<void> {
  await user.sh(`printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > seed-${name}
    tlxc-create -n ${name} -f seed-${name} ${words.length > 0 ? words.join(' ') : '-t busybox'}`);
}

rooted('a user creates, starts, looks at, enters, stops and destroys a container', async (t) => {
  const user = await makeUser(t);
  await create(user, 'c1', [ALONE]);
  const place = join(user.home, '.local/share/tlxc/c1');
  t.is(await user.sh('tlxc-ls -1'), 'c1\n');
  const started = await user.run('tlxc-start', '-n', 'c1');
  t.is(started.code, 0, started.stderr);
  t.is(
    started.stderr,
    `tlxc-start: c1: warning: no control group is delegated to ${USER.name}: ` +
      'the container stays in the group of this command, without limits of its own\n',
  );
  const withoutGroup = await user.run('tlxc-set', '-n', 'c1', 'pids=100');
  t.is(withoutGroup.code, 1);
  t.regex(
    withoutGroup.stderr,
    /c1: pids=100: the container has no pids\.\w+: it started without a control group of pids, .*\n +hint: tlxc-doctor, run by that user/,
  );
  t.regex(await user.sh('tlxc-ls -f'), /^c1 +RUNNING .* true *$/m);
  t.regex(await user.sh('tlxc-info -n c1'), /^State: +RUNNING$/m);
  const inside = (line: string) => user.sh(`tlxc-attach -n c1 -- sh -c '${line}'`);
  t.is(
    await inside('id -u; hostname; cat /proc/1/uid_map /proc/1/gid_map | tr -s " "'),
    `0\nc1\n 0 ${USER.firstUid} 65536\n 0 ${USER.firstGid} 65536\n`,
  );
  await inside(
    'echo mine > /root/file; chmod 000 /home; rm /etc/fstab; mkdir -p /srv/a/b; chown 7:7 /srv/a/b',
  );
  t.is(
    await user.world.sh(`stat -c '%u:%g' ${place}/overlay/delta/srv/a/b`),
    `${USER.firstUid + 7}:${USER.firstGid + 7}\n`,
  );
  t.is(
    await inside(
      'grep -c . /proc/self/mountinfo >/dev/null; echo 1 > /proc/sys/kernel/printk 2>&1; dmesg >/dev/null 2>&1; echo $?',
    ),
    '1\n',
  );
  await user.sh('tlxc-stop -n c1');
  t.regex(await user.sh('tlxc-info -n c1'), /^State: +STOPPED$/m);
  await user.sh('tlxc-start -n c1 2>/dev/null');
  t.is(
    await inside('cat /root/file; ls /etc/fstab 2>&1 || true'),
    'mine\nls: /etc/fstab: No such file or directory\n',
  );
  await user.sh('tlxc-destroy -f -n c1');
  t.is(await user.sh('tlxc-ls -1; find .local/share/tlxc -mindepth 2'), '');
});

rooted(
  'from a local archive into a plain directory: owners are shifted, devices and the own ids stay out',
  async (t) => {
    const user = await makeUser(t);
    await create(user, 'c1', [ALONE]);
    const tar = join(user.world.dir, 'system.tar');
    await user.world.sh(
      `cd ${user.home}/.cache/tlxc/ids-*/images/*/rootfs && tar --numeric-owner --owner=0 --group=0 -cf ${tar} .`,
    );
    await user.world.sh(
      `cd ${user.world.dir} && mkdir srv && touch srv/own && chown 65536 srv/own && tar --numeric-owner -rf ${tar} ./srv/own`,
    );
    const refused = await user.run('sh', '-c', `tlxc-create -n c2 -f seed-c1 -t local -B dir -- -f ${tar}`);
    t.is(refused.code, 1);
    t.regex(refused.stderr, /srv\/own: Cannot change ownership to uid 65536/);
    await user.world.sh(`tar --delete -f ${tar} ./srv/own`);
    await user.sh(`tlxc-create -n c2 -f seed-c1 -t local -B dir -- -f ${tar}`);
    const rootfs = join(user.home, '.local/share/tlxc/c2/rootfs');
    t.is(
      await user.world.sh(`stat -c '%u:%g %a' ${rootfs} ${rootfs}/bin/busybox`),
      `${USER.firstUid}:${USER.firstGid} 755\n${USER.firstUid}:${USER.firstGid} 4755\n`,
    );
    t.is(
      await user.world.sh(`cat ${rootfs}/etc/hostname; stat -c %u ${rootfs}/etc/hostname`),
      `c2\n${USER.firstUid}\n`,
    );
    await user.sh(
      'tlxc-start -n c2 2>/dev/null && tlxc-attach -n c2 -- true && tlxc-stop -k -n c2 && tlxc-destroy -n c2',
    );
  },
);

typing('the console is the user’s own', async (t) => {
  const user = await makeUser(t);
  await create(user, 'c1', [ALONE]);
  await user.sh('tlxc-start -n c1 2>/dev/null');
  const terminal = new Terminal(user, 'tlxc-console -n c1 -t 0', { rows: 24, columns: 80 });
  await terminal.shows(/^Connected to tty 0$/m);
  terminal.press('\r');
  terminal.press('echo a-$((1+1))-z\r');
  await terminal.shows(/^a-2-z$/m);
  terminal.press('\u0001q');
  t.regex(await terminal.end(), /status 0\n$/);
});

typing('a command on a terminal has one of the container’s, which is its user’s', async (t) => {
  const user = await makeUser(t);
  await create(user, 'c1', [ALONE]);
  await user.sh('tlxc-start -n c1 2>/dev/null');
  const shown = (words: string): Promise<string> => {
    const line = `tlxc-attach -n c1 ${words} -- sh -c 'stat -c %n-%u-%g $(tty)'`;
    return new Terminal(user, line, { rows: 24, columns: 80 }).end();
  };
  t.regex(await shown(''), /^\/dev\/pts\/\d+-0-5\nstatus 0\n$/);
  t.regex(await shown('-u 7 -g 9'), /^\/dev\/pts\/\d+-7-5\nstatus 0\n$/);
});

networked(
  'a user is told what of the bridge is theirs, and which command of root makes it more',
  async (t) => {
    const user = await makeUser(t);
    const status = async (): Promise<string> => {
      const { code, stdout, stderr } = await user.run('tlxc-net', 'status');
      t.is(code, stderr === '' ? 0 : 3);
      return stdout + stderr;
    };
    const refusal = (why: string, remedy: string) =>
      new RegExp(`ann can have no container on the bridge tlxcbr0: ${why}\n +hint: as root: ${remedy}\n$`);
    t.regex(await status(), refusal('.*user-nic is not set-user-id root', 'chown root .* && chmod u\\+s .*'));
    await allowInterfaces(t, user, 'bob veth tlxcbr0 5');
    const more = 'echo "ann veth tlxcbr0 10" >> /etc/tlxc/tlxc-usernet';
    t.regex(await status(), refusal('/etc/tlxc/tlxc-usernet gives ann none on tlxcbr0', more));
    await user.world.sh(
      "printf '%s\\n' '4711 veth tlxcbr0 1 # ann' '@ann veth br9 4' > /etc/tlxc/tlxc-usernet",
    );
    const well = await status();
    const rows = 'Bridge:         tlxcbr0 up\nAddress:        10.77.0.1/24\n';
    t.true(well.startsWith(`${rows}Interfaces:     0 of 1 (/etc/tlxc/tlxc-usernet)\n`), well);
    t.regex(well, /^Without it: {5}(tlxc\.net\.N\.type = passt|.*; mend: .*)\n$/m);
    const lines = ['lxc.net.0.type = veth', 'lxc.net.0.link = tlxcbr0', 'lxc.init.cmd = /bin/sleep 1000'];
    await create(user, 'c1', lines);
    await user.sh('tlxc-start -n c1 2>/dev/null');
    const full = await status();
    t.regex(full, /^Interfaces: +1 of 1 /m);
    t.regex(full, refusal('ann has all 1 that /etc/tlxc/tlxc-usernet gives', more));
    await user.world.sh('chmod 666 /etc/tlxc/tlxc-usernet');
    t.regex(
      await status(),
      /^Interfaces: +none /m,
      'what others may write gives nothing, as for tlxc-user-nic',
    );
    await user.sh('tlxc-stop -k -n c1');
  },
);

networked('its interface is made by tlxc-user-nic, counted, and gone with the container', async (t) => {
  const user = await makeUser(t);
  await allowInterfaces(t, user, `${USER.name} veth tlxcbr0 1`);
  const net = [
    'type = veth',
    'link = tlxcbr0',
    'flags = up',
    'ipv4.address = 10.77.0.9/24',
    'hwaddr = 10:66:6a:01:02:03',
  ];
  const lines = [...net.map((line) => `lxc.net.0.${line}`), 'lxc.init.cmd = /bin/sleep 1000'];
  for (const name of ['c1', 'c2']) await create(user, name, lines);
  await user.sh('tlxc-start -n c1 2>/dev/null');
  t.regex(await user.sh('tlxc-info -n c1'), /^IP: +10\.77\.0\.9$/m);
  t.is(await user.sh('tlxc-attach -n c1 -- cat /sys/class/net/eth0/address'), '10:66:6a:01:02:03\n');
  t.is(await user.sh('tlxc-attach -n c1 -- ping -c 1 -w 5 10.77.0.1 >/dev/null; echo $?'), '0\n');
  t.regex(await user.world.sh('cat /run/tlxc/nics'), /^ann veth tlxcbr0 veth4711_\w{4}\n$/);
  const second = await user.run('tlxc-start', '-n', 'c2');
  t.is(second.code, 1);
  t.regex(second.stderr, /hint: .*"USER veth tlxcbr0 10"/);
  t.regex(second.stderr, /\(tlxc-user-nic, refused: .*\n {2}at .*\/c2\/config:\d+ \(lxc\.net\.0\.link\)/);
  await user.sh('tlxc-stop -k -n c1 && tlxc-start -n c2 2>/dev/null && tlxc-stop -k -n c2');
});

rooted('what a user lacks is named with the command that mends it, before anything is made', async (t) => {
  const user = await makeUser(t);
  await create(user, 'c1', [ALONE]);
  const refusal = async (...words: readonly [string, ...string[]]) => {
    const { code, stderr } = await user.run(...words);
    t.is(code, 1);
    return stderr;
  };
  t.regex(
    await refusal('tlxc-create', '-n', 'p1', '-t', 'busybox', '--privileged'),
    /a privileged container takes root/,
  );
  const start = (...words: string[]) => refusal('tlxc-start', '-n', 'c1', ...words);
  t.regex(
    await start('-s', 'lxc.net.0.type=veth', '-s', 'lxc.net.0.link=br7'),
    /not set-user-id root; mend: chown root .*tlxc-user-nic && chmod u\+s .*"ann veth br7 10" in \/etc\/tlxc\/tlxc-usernet/,
  );
  t.regex(
    await start('-s', 'lxc.cgroup.memory.limit_in_bytes=1G'),
    /lxc\.cgroup\.memory\.limit_in_bytes: the controller memory is not delegated to ann/,
  );
  t.regex(
    await start('-s', 'lxc.rootfs.options=idmap=container'),
    /idmap=container takes root: no user may map the ids of a mount/,
  );
  await user.sh(`sed -i 's/^lxc.idmap = u .*/lxc.idmap = u 0 900000 65536/' .local/share/tlxc/c1/config`);
  t.regex(
    await start(),
    /c1\/config:\d+.*the uids 900000-965535 are not all ann's; \/etc\/subuid gives 200000-265535; mend: usermod --add-subuids 900000-965535 ann/,
  );
  await user.world.sh(': > /etc/subgid');
  const created = await refusal('tlxc-create', '-n', 'c2', '-t', 'busybox');
  t.regex(
    created,
    /ann cannot have containers as things are\n.*subordinate gids: \/etc\/subgid gives ann none; mend: usermod --add-subgids/,
  );
  t.is(await user.sh('ls -A .local/share/tlxc'), 'c1\n');
});

limited('in groups that were delegated, limits bite, and the container has groups of its own', async (t) => {
  const user = await makeUser(t);
  await delegateGroups(t, user);
  await create(user, 'c1', [ALONE, 'lxc.cgroup.pids.max = 12']);
  const started = await user.run('tlxc-start', '-n', 'c1');
  t.deepEqual([started.code, started.stderr], [0, '']);
  const inside = (line: string) => user.sh(`tlxc-attach -n c1 -- sh -c '${line}' 2>&1 || true`);
  t.regex(await user.sh('tlxc-info -n c1'), /^Memory use: /m);
  const mounted = 'mount -t cgroup -o pids none /mnt && mkdir /mnt/own && echo 1 > /mnt/own/tasks';
  t.is(
    await inside(`${mounted}; cat /mnt/own/tasks; echo 99 > /mnt/pids.max`),
    "1\nsh: can't create /mnt/pids.max: Permission denied\n",
  );
  t.regex(
    await inside('for n in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 20 >/dev/null 2>&1 & done'),
    /can't fork/,
  );
  await user.sh('tlxc-stop -k -n c1');
  t.is(await user.world.sh(`find /sys/fs/cgroup -path '*/${USER.name}/*' -name 'c1*'`), '');
});

limited('groups that only the container’s root may remove are not waited for', async (t) => {
  const user = await makeUser(t);
  await delegateGroups(t, user);
  await create(user, 'c1', [ALONE]);
  const stopMs = async (): Promise<number> => {
    await user.sh(`tlxc-start -n c1
      tlxc-attach -n c1 -- sh -c 'mount -t cgroup -o pids none /mnt && mkdir -p /mnt/own/more'`);
    const before = performance.now();
    await user.sh('tlxc-stop -k -n c1');
    return performance.now() - before;
  };
  // Ten seconds would be waited each time; a crowded machine is not as slow three times.
  let least = Infinity;
  for (let attempt = 0; attempt < 3 && least >= 8000; attempt++) least = Math.min(least, await stopMs());
  t.true(least < 8000);
});

booting('Debian boots to a running system', async (t) => {
  const user = await makeUser(t);
  await delegateGroups(t, user);
  const archive = debianRootfsTar();
  await user.world.sh(`cp ${archive} ${user.home}/debian.tar && chmod 644 ${user.home}/debian.tar`);
  await create(user, 'd1', [ALONE], '-t local -- -f debian.tar');
  const started = await user.run('tlxc-start', '-n', 'd1');
  t.deepEqual([started.code, started.stderr], [0, '']);
  const state = await eventually(120, async () => {
    const { stdout } = await user.run('tlxc-attach', '-n', 'd1', '--', 'systemctl', 'is-system-running');
    return /^(running|degraded)$/m.exec(stdout)?.[1];
  });
  const failed = await user.run('tlxc-attach', '-n', 'd1', '--', 'systemctl', '--failed', '--no-legend');
  t.is(state, 'running', failed.stdout);
  await user.sh('tlxc-stop -n d1 && tlxc-destroy -n d1');
});
