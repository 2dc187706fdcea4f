/** TLXC in an unprivileged container of TLXC, as its root: what a person does there works, and what cannot be had is said. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'bridge', 'dnsmasq', 'nftables');

/** The machine's own programs, and this very TLXC. */
const SHARED = [
  ['/usr', '/usr'],
  ['/usr/bin', '/bin'],
  ['/usr/lib', '/lib'],
  ['/usr/lib64', '/lib64'],
  ['/etc/alternatives', '/etc/alternatives'],
  [packageRoot, packageRoot],
];

const COMMANDS =
  'attach config copy create destroy device doctor execute file info ls net snapshot start stop';

function addOuter(world: World, nesting: boolean): void {
  const shipped = ['common', 'userns', ...(nesting ? ['nesting'] : [])];
  addBusybox(world, 'outer', {
    config: [
      ...shipped.map((name) => `lxc.include = /usr/share/tlxc/config/${name}.conf`),
      ...SHARED.map(([from, to]) => `lxc.mount.entry = ${from} ${to?.slice(1)} none bind,ro,create=dir 0 0`),
      'lxc.mount.entry = tmpfs run tmpfs mode=755 0 0',
      // Its init is not one that mounts them itself.
      'lxc.mount.auto = cgroup:rw:force',
      'lxc.init.cmd = /usr/bin/busybox init',
    ],
  });
  const rootfs = join(world.lxcpath, 'outer/rootfs');
  // dnsmasq becomes it.
  appendFileSync(join(rootfs, 'etc/passwd'), 'nobody:x:65534:65534::/:/bin/false\n');
  appendFileSync(join(rootfs, 'etc/group'), 'nogroup:x:65534:\n');
  const bin = join(rootfs, 'opt/bin');
  mkdirSync(bin, { recursive: true });
  for (const name of COMMANDS.split(' '))
    writeFileSync(
      join(bin, `tlxc-${name}`),
      `#!/bin/sh\nexec ${process.execPath} ${packageRoot}/bin/tlxc-${name}.js "$@"\n`,
      { mode: 0o755 },
    );
}

const PATH = 'PATH=/opt/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A line of shell in the outer container, as its root. */
const inside = (world: World, line: string) =>
  world.run('tlxc-attach', '-n', 'outer', '--clear-env', '-v', PATH, '--', '/bin/sh', '-c', line);

rooted('containers of its root: made, started, entered, copied, stopped, destroyed', async (t) => {
  const world = await makeWorld(t);
  addOuter(world, true);
  await world.sh('tlxc-start -n outer');
  const works = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await inside(world, line);
    t.deepEqual([code, stderr], [0, ''], line);
    return stdout;
  };
  const doctor = await works('tlxc-doctor');
  t.regex(doctor, /^inside a container +ok +it is unprivileged, of 65536 ids, which its containers share/m);
  t.notRegex(doctor, /^\S.* problem /m);

  await works('tlxc-net start && tlxc-create -q -n in -t busybox && tlxc-start -n in');
  t.is(await works('tlxc-attach -n in -- sh -c \'id -u; tr -s " " </proc/self/uid_map\''), '0\n 0 0 65536\n');
  const userns = 'readlink /proc/self/ns/user';
  t.not(await works(`tlxc-attach -n in -- ${userns}`), await works(userns));
  // What an overlay cannot do without notes of its own.
  t.is(
    await works("tlxc-attach -n in -- sh -c 'rm -r /etc/init.d && mkdir /etc/init.d && ls /etc/init.d'"),
    '',
  );
  t.is(await works("tlxc-attach -n in -- sh -c 'echo lost >/dev/null; head -c 3 /dev/zero | wc -c'"), '3\n');
  const address =
    'for i in $(seq 50); do tlxc-info -n in -iH | grep -m1 "^10\\.0\\." && exit; sleep 0.1; done; exit 1';
  t.regex(await works(address), /^10\.0\.\d+\.\d+\n$/);

  await works('tlxc-stop -n in');
  // Below what is covered in the /proc of a container.
  const lines = [
    'lxc.sysctl.net.ipv4.ip_unprivileged_port_start = 80',
    'tlxc.net.0.forward = tcp 8080 -> 80',
  ];
  await works(`printf '%s\\n' '${lines.join("' '")}' >>/var/lib/tlxc/in/config; tlxc-start -n in`);
  t.is(await works('tlxc-attach -n in -- cat /proc/sys/net/ipv4/ip_unprivileged_port_start'), '80\n');
  await works("tlxc-attach -n in -- sh -c 'mkdir /www && echo forwarded >/www/index.html && httpd -h /www'");
  t.is(await works('busybox wget -qO- http://127.0.0.1:8080/'), 'forwarded\n');
  await works("tlxc-stop -n in; sed -i '/^tlxc.net.0.forward/d' /var/lib/tlxc/in/config");

  await works('tlxc-snapshot -n in && tlxc-copy -n in -N over -s && tlxc-copy -n in -N whole');
  await works('tlxc-create -q -n bare -t busybox --privileged');
  for (const name of ['over', 'whole', 'bare']) {
    await works(`tlxc-start -n ${name}`);
    t.is(await works(`tlxc-attach -n ${name} -- hostname`), `${name}\n`);
  }
  t.is(await works('tlxc-ls -1 --running | tr -d " "'), 'bare\nover\nwhole\n');
  await works(
    'for name in over whole bare in; do tlxc-destroy -f -s -n $name 2>/dev/null || tlxc-destroy -f -n $name; done',
  );
  t.is(await works('tlxc-ls -1; ls /var/lib/tlxc; tlxc-net stop'), '');
});

rooted('what cannot be had there is refused with what to do instead', async (t) => {
  const world = await makeWorld(t);
  addOuter(world, true);
  await world.sh('tlxc-start -n outer');
  const refused = async (line: string, why: RegExp): Promise<void> => {
    const { code, stderr } = await inside(world, line);
    t.not(code, 0, line);
    t.regex(stderr, why, line);
    t.regex(stderr, /^ {2,}hint: /m, line);
  };
  await refused('tlxc-create -n x -t busybox -B loop', /no device or image can be mounted/);
  const few = 'printf "lxc.idmap = %s 0 1000 30000\\n" u g >/few; tlxc-create -n x -t busybox -f /few';
  await refused(few, /lxc\.idmap maps ids to others/);
  const none =
    'printf "lxc.net.0.type = empty\\n" >/none; tlxc-create -q -n in -t busybox -f /none; tlxc-start -n in; ';
  await refused(`${none} tlxc-device -n in add /dev/null /dev/other`, /lets nobody make device nodes/);
});

rooted('without nesting.conf its doctor and its starts say that it is missing', async (t) => {
  const world = await makeWorld(t);
  addOuter(world, false);
  await world.sh('tlxc-start -n outer');
  const { stdout } = await inside(world, 'tlxc-doctor');
  t.regex(stdout, /^proc and sysfs +problem .*\n +mend: .*nesting\.conf/m);
  const none =
    'printf "lxc.net.0.type = empty\\n" >/none; tlxc-create -q -n in -t busybox -f /none; tlxc-start -n in';
  const { code, stderr } = await inside(world, none);
  t.is(code, 1);
  t.regex(stderr, /cannot mount \/proc .*[^]*nesting\.conf/);
});
