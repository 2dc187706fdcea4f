/** zfs and rbd by stand-ins for their programs: what they are told, in which order, and what is done when one fails. */
import test, { type ExecutionContext } from 'ava';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Amount } from '../../src/gauge.ts';
import { amountSent } from '../../src/storage/zfs.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');

/** Datasets are directories of STORE, named with : for /, and a snapshot's is DATASET@NAME. */
const ZFS = `#!/bin/sh
store=STORE
echo "zfs $*" >> $store.log
d() { echo "$store/$(echo "$1" | tr / :)"; }
verb=$1; for last; do :; done
case $verb in
  list) case "$*" in *referenced*) for word; do test ! -d "$(d "$word")" || printf '%s\t4096\t1073741824\n' "$word"; done; exit 1 ;; esac
    test -d "$(d "$last")" || { echo "cannot open '$last': dataset does not exist" >&2; exit 1; } ;;
  create) mkdir "$(d "$last")" ;;
  snapshot) cp -a "$(d "\${last%@*}")" "$(d "$last")" ;;
  clone) for word; do from=$to; to=$word; done; cp -a "$(d "$from")" "$(d "$to")"; echo "$from" > "$(d "$to").origin" ;;
  send) printf 'full\t%s\t4096\nsize\t4096\n00:00:01\t512\t%s\n' "$last" "$last" >&2
    [ -e $store.cut ] && { echo 'warning: cannot send: bad disk' >&2; exit 1; }
    tar -c -C "$(d "$last")" . ;;
  receive) [ -e $store.fails ] && { cat >/dev/null; echo 'cannot receive: out of luck' >&2; exit 1; }
    mkdir "$(d "$last")" "$(d "$last")@tlxc-\${last##*/}"
    tar -x -C "$(d "$last")" || { rm -r "$(d "$last")" "$(d "$last")@tlxc-\${last##*/}"; exit 1; } ;;
  get) case "$*" in *made-for*) sed -n "s,^zfs .*tlxc:made-for=\\([^ ]*\\) .*$last$,\\1,p" $store.log | tail -n 1; exit ;; esac; cat "$(d "$last").origin" 2>/dev/null || echo - ;;
  destroy) rm -r "$(d "$last")"; rm -f "$(d "$last").origin" ;;
esac
`;
const MOUNT = `#!/bin/sh
exec mount -n --bind "STORE/$(echo "$1" | tr / :)" "$2"
`;

/** A world with these programs before the system's own. */
async function worldWith(t: ExecutionContext, programs: Readonly<Record<string, string>>): Promise<World> {
  const world = await makeWorld(t);
  const [store, bin] = [join(world.dir, 'store'), join(world.dir, 'stand-ins')];
  mkdirSync(join(store, 'lxc'), { recursive: true });
  mkdirSync(bin);
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(bin, name), text.replaceAll('STORE', store), { mode: 0o755 });
  await world.furnish(`mount -t overlay -o lowerdir=${bin}:/usr/sbin overlay /usr/sbin`);
  return world;
}

const told = (world: World): string[] =>
  readFileSync(join(world.dir, 'store.log'), 'utf8')
    .split('\n')
    .map((line) => line.replace(/made-for=[0-9a-f-]{36}/, 'made-for=MARK'))
    .filter((line) => /^zfs (create|snapshot|clone|send|receive|destroy)/.test(line));
const datasets = (world: World): Promise<string> => world.sh('ls store');

test('zfs tells how much it has sent, and how much there is', (t) => {
  const lines = [
    'full\tlxc/u1@tlxc-u2\t4096',
    'size\t4096',
    '00:00:01\t512\tlxc/u1@tlxc-u2',
    'cannot send: 7',
  ];
  const nothing: Amount = { done: 0, total: null };
  t.deepEqual(lines.reduce(amountSent, nothing), { done: 512, total: 4096 });
  t.deepEqual(amountSent(nothing, 'full\tlxc/u1@tlxc-u2\t4096'), nothing);
});

rooted('zfs: made, cloned, sent, restored and destroyed', async (t) => {
  const world = await worldWith(t, { zfs: ZFS, 'mount.zfs': MOUNT });
  await world.sh('tlxc-create -n u1 -t busybox -B zfs --fssize 1g');
  t.deepEqual(told(world), [
    `zfs create -o mountpoint=${world.lxcpath}/u1/rootfs -o canmount=noauto -o tlxc:made-for=MARK -o refquota=1073741824 -p lxc/u1`,
  ]);
  t.regex(await world.sh('cat lxc/u1/config'), /^lxc\.rootfs\.path = zfs:lxc\/u1$/m);
  t.is(await world.sh('cat store/lxc:u1/etc/hostname'), 'u1\n');
  const plan = await world.sh('tlxc-start -n u1 --plan');
  t.regex(plan, /"kind": ?"device",\s*"source": ?"lxc\/u1"/);
  await world.sh('tlxc-copy -n u1 -N u2 && tlxc-copy -n u1 -N u3 -s && tlxc-snapshot -n u1');
  t.is(await datasets(world), 'lxc\nlxc:u1\nlxc:u1@tlxc-u3\nlxc:u1_snap0\nlxc:u2\nlxc:u3\nlxc:u3.origin\n');
  t.regex((await world.run('tlxc-destroy', '-n', 'u1', '-s')).stderr, /u1 has clones/);
  await world.sh(
    'tlxc-destroy -n u3 && echo changed > store/lxc:u1/etc/motd && tlxc-snapshot -n u1 -r snap0',
  );
  t.regex(await world.sh('cat lxc/u1/config'), /^lxc\.rootfs\.path = zfs:lxc\/u1_1$/m);
  t.is(await datasets(world), 'lxc\nlxc:u1_1\nlxc:u1_snap0\nlxc:u2\n');
  t.is(await world.sh('ls store/lxc:u1_1/etc/motd 2>/dev/null || true'), '');
  await world.sh('tlxc-destroy -n u1 -s && tlxc-destroy -n u2');
  t.is(await datasets(world), 'lxc\n');
});

rooted(
  'zfs: asked once for what all its containers take; one without a dataset keeps nobody waiting',
  async (t) => {
    const world = await worldWith(t, { zfs: ZFS, 'mount.zfs': MOUNT });
    await world.sh(
      'for n in u1 u2 u3; do tlxc-create -n $n -t busybox -B zfs --fssize 1g; done; tlxc-create -n u4 -t busybox; rm -r store/lxc:u2; : > store.log',
    );
    const rows = JSON.parse(await world.sh('tlxc-ls --json')) as readonly Record<string, unknown>[];
    t.deepEqual(
      rows.map(({ name, diskBytes, diskLimitBytes }) => [name, diskBytes, diskLimitBytes]),
      [
        ['u1', 4096, 1073741824],
        ['u2', null, null],
        ['u3', 4096, 1073741824],
        ['u4', null, null],
      ],
    );
    t.is(
      readFileSync(join(world.dir, 'store.log'), 'utf8'),
      'zfs list -H -p -o name,referenced,refquota lxc/u1 lxc/u2 lxc/u3\n',
    );
    t.regex(await world.sh('tlxc-info -n u3'), /^Disk use: +4.00 KiB of 1.00 GiB$/m);
  },
);

rooted('zfs: unprivileged containers where the module that runs maps their ids, no others', async (t) => {
  const world = await worldWith(t, { zfs: ZFS, 'mount.zfs': MOUNT });
  await world.furnish('mount -t tmpfs tmpfs /sys/module && mkdir /sys/module/zfs');
  const runs = (version: string): Promise<string> => world.sh(`echo ${version} > /sys/module/zfs/version`);
  await runs('2.1.11-1+deb12u1');
  const { code, stderr } = await world.run('tlxc-create', '-n', 'u1', '-t', 'busybox', '-B', 'zfs');
  t.is(code, 1);
  t.regex(
    stderr,
    /cannot be used unprivileged: ZFS 2\.1\.11-1\+deb12u1 takes no id-mapped mounts \(2\.2 does\)/,
  );
  await world.sh('tlxc-create -n u1 --privileged -t busybox -B zfs');
  for (const version of ['2.2.0-1', '2.10.1']) {
    await runs(version);
    await world.sh('tlxc-create -n u2 -t busybox -B zfs && tlxc-destroy -n u2');
  }
  await world.sh('tlxc-destroy -n u1');
});

rooted('zfs: what fails, or is killed, leaves no dataset; one of that name is never touched', async (t) => {
  const world = await worldWith(t, { zfs: ZFS, 'mount.zfs': MOUNT });
  await world.sh('mkdir store/lxc:u1 && touch store/lxc:u1/precious');
  const refused = await world.run('tlxc-create', '-n', 'u1', '-t', 'busybox', '-B', 'zfs');
  t.regex(refused.stderr, /the volume zfs:lxc\/u1 exists already/);
  t.is(await world.sh('ls store/lxc:u1; ls -A lxc'), 'precious\n');
  await world.sh('tlxc-create -n u2 -t busybox -B zfs && touch store.fails');
  t.regex(
    (await world.run('tlxc-copy', '-n', 'u2', '-N', 'u3')).stderr,
    /lxc\/u2@tlxc-u3 could not be copied: cannot receive: out of luck/,
  );
  await world.sh('mv store.fails store.cut');
  t.regex(
    (await world.run('tlxc-copy', '-n', 'u2', '-N', 'u3')).stderr,
    /lxc\/u2@tlxc-u3 could not be copied: warning: cannot send: bad disk \(zfs/,
  );
  t.is(await datasets(world), 'lxc\nlxc:u1\nlxc:u2\n');
  // As a create that was killed leaves it.
  await world.sh(
    'mkdir lxc/.tlxc-staging-u4 store/lxc:u4 && mkdir store/lxc:u2@tlxc-u6 && echo zfs:lxc/u4 > lxc/.tlxc-staging-u4/.tlxc-volume && rm store.cut && tlxc-copy -n u2 -N u6 && tlxc-destroy -n u2 && tlxc-destroy -n u6',
  );
  t.is(await datasets(world), 'lxc\nlxc:u1\n');
  t.regex(
    (await world.run('tlxc-create', '-n', 'u5', '-t', 'busybox', '-B', 'zfs', '--zfsroot', 'tank')).stderr,
    /there is no ZFS pool for tank/,
  );
});

rooted(
  'rbd: an image that cannot be mapped is removed again; without the program it is refused',
  async (t) => {
    const world = await worldWith(t, {
      rbd: `#!/bin/sh
echo "rbd $*" >> STORE.log
for word; do from=$last last=$word; done
case " $* " in
  *" ls "*) ;;
  *" create "*) touch STORE/\${last#p/} ;;
  *" rename "*) mv STORE/\${from#p/} STORE/\${last#p/} ;;
  *" rm "*) rm STORE/\${last#p/} ;;
  *" image-meta set "*) ;;
  *" image-meta get "*) sed -n 's/.*tlxc.made-for //p' STORE.log | head -n 1 ;;
  *" info "*) [ -e STORE/\${last#p/} ] || { echo "error opening image: (2) No such file or directory" >&2; exit 2; }
    echo '{"name":"u1","size":2147483648}' ;;
  *) echo no cluster >&2; exit 1 ;;
esac
`,
    });
    const create = ['-n', 'u1', '-t', 'busybox', '-B', 'rbd', '--rbdpool', 'p', '--fssize', '2g'];
    const { code, stderr } = await world.run('tlxc-create', ...create);
    t.is(code, 1);
    t.regex(stderr, /the image p\/u1 could not be mapped: no cluster/);
    t.deepEqual(
      (await world.sh('sed -E "s/[0-9a-f]{8}(-[0-9a-f]+){4}/MARK/g" store.log')).trim().split('\n').slice(1),
      [
        'rbd info p/u1',
        'rbd create --size 2048 p/tlxc-MARK',
        'rbd image-meta set p/tlxc-MARK tlxc.made-for MARK',
        'rbd rename p/tlxc-MARK p/u1',
        'rbd map p/u1',
        'rbd info p/tlxc-MARK',
        'rbd info p/u1',
        'rbd image-meta get p/u1 tlxc.made-for',
        'rbd info --format json p/u1',
        'rbd snap ls --format json p/u1',
        'rbd rm --no-progress p/u1',
      ],
    );
    t.is(await world.sh('ls -A lxc'), '');
    const bare = await makeWorld(t);
    t.regex(
      (await bare.run('tlxc-create', ...create)).stderr,
      /rbd is not installed \(Debian: ceph-common\)|cannot be listed/,
    );
  },
);

rooted(
  '--dir: a directory elsewhere, which goes with its container; one that is there is refused',
  async (t) => {
    const world = await makeWorld(t);
    const place = join(world.dir, 'elsewhere/u1');
    const create = ['-n', 'u1', '-t', 'busybox', '-B', 'dir', '--dir', place];
    await world.sh(`mkdir -p ${place}`);
    t.regex(
      (await world.run('tlxc-create', ...create)).stderr,
      /the volume dir:.*elsewhere\/u1 exists already/,
    );
    await world.sh(`rmdir ${place}`);
    t.is((await world.run('tlxc-create', ...create)).code, 0);
    t.regex(await world.sh('cat lxc/u1/config'), new RegExp(`^lxc.rootfs.path = dir:${place}$`, 'm'));
    t.is(await world.sh(`cat ${place}/etc/hostname`), 'u1\n');
    t.is((await world.run('tlxc-destroy', '-n', 'u1')).stderr, '');
    t.is(await world.sh('ls elsewhere; ls lxc'), '');
  },
);

rooted('--dir: it stays as long as a copy lies over it, or a copy of that one', async (t) => {
  const world = await makeWorld(t);
  const place = join(world.dir, 'elsewhere');
  await world.sh(
    `tlxc-create -n u1 -t busybox -B dir --dir ${place} && tlxc-copy -n u1 -N u2 -s && tlxc-copy -n u2 -N u3`,
  );
  t.is(await world.sh('cat lxc/u1/lxc_snapshots'), `${world.lxcpath}\nu2\n${world.lxcpath}\nu3\n`);
  for (const clone of ['u2', 'u3']) {
    const { code, stderr } = await world.run('tlxc-destroy', '-n', 'u1');
    t.is(code, 1);
    t.regex(stderr, /u1 has clones/);
    t.is(await world.sh(`cat ${place}/etc/hostname`), 'u1\n');
    await world.sh(`tlxc-destroy -n ${clone}`);
  }
  // Another directory for the same root filesystem, as LXC's tools and people write it: noted as LXC notes it.
  await world.sh(`mkdir lxc/u4 && sed s,u1,u4,g lxc/u1/config > lxc/u4/config && tlxc-copy -n u4 -N u5 -s`);
  t.is(await world.sh('cat lxc/u5/lxc_rdepends'), `${world.lxcpath}\nu4\n`);
  await world.sh('tlxc-destroy -n u5 && tlxc-destroy -n u4 && tlxc-destroy -n u1');
  t.is(await world.sh('ls elsewhere lxc 2> /dev/null || true'), 'lxc:\n');
});

rooted('a note of a volume that a container has written in its own tree means nothing', async (t) => {
  const world = await makeWorld(t);
  await world.sh('tlxc-create -n u1 -t busybox -B dir && mkdir precious && tlxc-snapshot -n u1');
  await world.sh(
    `echo dir:${world.dir}/precious > lxc/u1/rootfs/.tlxc-volume && tlxc-snapshot -n u1 -r snap0`,
  );
  t.is(
    await world.sh('ls lxc/u1/rootfs/.tlxc-volume 2>/dev/null; ls -A lxc/.trash; ls -d precious'),
    'precious\n',
  );
  // One that others can write, or that is a link, neither.
  await world.sh(
    `mkdir -p lxc/.trash/a lxc/.trash/b; echo dir:${world.dir}/precious | tee note > lxc/.trash/a/.tlxc-volume; chmod 666 lxc/.trash/a/.tlxc-volume; ln -s ${world.dir}/note lxc/.trash/b/.tlxc-volume`,
  );
  await world.sh('tlxc-destroy -s -n u1');
  t.is(await world.sh('ls -A lxc/.trash; ls -d precious'), 'precious\n');
});
