/** tlxc-import of what other managers write, and of archives that are not what they should be. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../../rig/containers.ts';
import { makeBusyboxRootfs } from '../../rig/busybox.ts';
import { killAfter, moments } from '../../rig/moments.ts';
import { addFilesystem } from '../../rig/filesystem.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const onDisk = requires('root', 'userns', 'idmap', 'busybox', 'loop');

const INDEX = `name: shop
backend: dir
pool: default
snapshots:
- before
optimized: false
optimized_header: false
type: container
config:
  container:
    architecture: x86_64
    config:
      image.os: Debian
      limits.cpu: "2"
      limits.memory: 512MiB
      security.nesting: "true"
      user.user-data: |
        #cloud-config
        name: other
      volatile.eth0.hwaddr: 00:16:3e:01:02:03
    devices:
      data:
        path: /data
        source: /srv/data
        type: disk
      eth0:
        name: eth0
        network: incusbr0
        type: nic
      root:
        path: /
        pool: default
        type: disk
    expanded_config:
      boot.autostart: "true"
      limits.cpu: "2"
      limits.memory: 512MiB
      environment.LANG: de_DE.UTF-8
      security.nesting: "true"
    expanded_devices:
      cam:
        source: /dev/zero
        path: /dev/cam
        mode: "0660"
        gid: "44"
        type: unix-char
      card:
        type: gpu
      data:
        path: /data
        source: /srv/no such
        readonly: "true"
        type: disk
      eth0:
        name: eth0
        type: nic
      etc:
        path: /mnt/etc
        source: /etc
        recursive: "true"
        required: "false"
        type: disk
      lan:
        nictype: macvlan
        parent: eno1
        type: nic
      motd:
        path: /mnt/passwd
        source: /etc/passwd
        type: disk
      one:
        type: gpu
        pci: "0000:01:00.0"
      out:
        bind: container
        listen: tcp:127.0.0.1:80
        connect: tcp:127.0.0.1:80
        type: proxy
      scratch:
        path: /scratch
        source: "tmpfs:"
        size: 64MiB
        type: disk
      sock:
        listen: unix:/run/shop.sock
        connect: tcp:127.0.0.1:5432
        uid: "1000"
        type: proxy
      stick:
        type: usb
        vendorid: "1234"
      vol:
        path: /vol
        pool: default
        source: stuff
        type: disk
      web:
        listen: tcp:0.0.0.0:80,443
        connect: tcp:127.0.0.1:8080,8443
        proxy_protocol: "true"
        type: proxy
      root:
        path: /
        type: disk
    name: shop
`;

const PCT = `#a note
arch: amd64
cores: 2
features: nesting=1
hostname: mail.example.org
memory: 1024
net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:01:02:03,ip=dhcp,type=veth
onboot: 1
ostype: debian
rootfs: local-lvm:vm-100-disk-0,size=8G
swap: 512
unprivileged: 1

[before]
memory: 64
`;

const config = (world: World, name: string): string =>
  readFileSync(join(world.lxcpath, name, 'config'), 'utf8');

/** A tree that boots, with a file that says whose it is. */
function makeTree(world: World, dir: string): string {
  const rootfs = join(world.dir, dir);
  makeBusyboxRootfs(rootfs);
  writeFileSync(join(rootfs, 'etc/whose'), 'mine\n');
  return rootfs;
}

async function boots(t: ExecutionContext, world: World, name: string): Promise<void> {
  await world.sh(`tlxc-start -n ${name} -s lxc.net.0.link= -s lxc.signal.halt=SIGUSR1`);
  t.is(await world.sh(`tlxc-attach -n ${name} -- cat /etc/whose`), 'mine\n');
  await world.sh(`tlxc-stop -k -n ${name}`);
}

rooted('an export of Incus: limits, environment and start come along, the rest is named', async (t) => {
  const world = await makeWorld(t);
  makeTree(world, 'backup/container/rootfs');
  const macvlan = INDEX.replace(/(expanded_devices[^]*name: eth0\n)/, '$1        nictype: macvlan\n');
  writeFileSync(join(world.dir, 'backup/index.yaml'), macvlan);
  await world.sh('chown 5:6 backup/container/rootfs/etc/whose; tar -czf shop-backup.tar.gz backup');
  const { stdout, stderr, code } = await world.run('tlxc-import', '-M', 'shop-backup.tar.gz');
  t.is(code, 0, stderr);
  t.is(stdout, 'shop\n');
  for (const line of [
    'lxc.cgroup2.memory.max = 536870912',
    'lxc.cgroup2.cpu.max = 200000 100000',
    'lxc.start.auto = 1',
  ])
    t.true(config(world, 'shop').includes(`\n${line}\n`), line);
  t.regex(config(world, 'shop'), /^lxc.environment = LANG=de_DE.UTF-8$/m);
  t.regex(config(world, 'shop'), /^lxc.net.0.hwaddr = 00:16:3e:01:02:03$/m);
  t.regex(stderr, /warning: not taken over: security.nesting = true\n/);
  const etc = 'lxc.mount.entry = /etc mnt/etc none rbind,optional,create=dir 0 0';
  t.true(
    stderr.includes(
      `warning: not taken over: device etc (disk): ${etc}: it is of the host: where the archive is trusted (--trust), it is taken over\n`,
    ),
    stderr,
  );
  t.regex(stderr, /not taken over: device eth0 \(nic, macvlan\): it is one on the bridge\n/);
  t.regex(stderr, /not taken over: device lan \(nic\): one interface is taken over; lxc\.net\.1\.\* lines/);
  t.regex(stderr, /not taken over: device stick \(usb\): there is no key for its kind\n/);
  t.regex(stderr, /not taken over: device vol \(disk\): it is the volume stuff of the pool default/);
  t.regex(stderr, /not taken over: device out \(proxy\): it leads out of the container/);
  t.regex(stderr, /not taken over: device one \(gpu\): it is one GPU \(pci = 0000:01:00\.0\)/);
  t.true(config(world, 'shop').includes(`\n# not imported: ${etc}\n`));
  t.regex(config(world, 'shop'), /^lxc\.mount\.entry = tmpfs scratch tmpfs create=dir,size=67108864 0 0$/m);
  t.notRegex(
    config(world, 'shop'),
    /^(tlxc\.device|tlxc\.net\.0\.forward) = /m,
    'nothing of the host, unasked',
  );
  t.regex(stderr, /warning: not taken over: snapshots before\n/);
  t.is(await world.sh('stat -c %u:%g lxc/shop/rootfs/etc/whose; ls -A lxc/shop'), '5:6\nconfig\nrootfs\n');
  await boots(t, world, 'shop');
});

rooted(
  'with --trust what an export of Incus has of its host is taken over, as far as this one has it',
  async (t) => {
    const world = await makeWorld(t);
    makeTree(world, 'backup/container/rootfs');
    writeFileSync(join(world.dir, 'backup/index.yaml'), INDEX);
    await world.sh('tar -czf shop-backup.tar.gz backup');
    const { stderr, code } = await world.run('tlxc-import', '--trust', 'shop-backup.tar.gz');
    t.is(code, 0, stderr);
    const lines = config(world, 'shop').split('\n');
    for (const line of [
      'tlxc.device = /dev/zero -> /dev/cam mode=0660 gid=44',
      'tlxc.device = gpu',
      'lxc.mount.entry = /etc mnt/etc none rbind,optional,create=dir 0 0',
      'lxc.mount.entry = /etc/passwd mnt/passwd none bind,create=file 0 0',
      'tlxc.net.0.forward = tcp 0.0.0.0:80 -> 8080 proxy-protocol=1',
      'tlxc.net.0.forward = tcp 0.0.0.0:443 -> 8443 proxy-protocol=1',
      'tlxc.net.0.forward = tcp unix:/run/shop.sock -> 5432 mode=0644 uid=1000',
      '# not imported: lxc.mount.entry = /srv/no\\040such data none bind,ro,create=dir 0 0',
    ])
      t.true(lines.includes(line), line);
    t.regex(stderr, /device data \(disk\): .*: there is no \/srv\/no such here\n/);
    t.notRegex(stderr, /device (cam|card|etc|motd|sock|web|eth0|root) /);
  },
);

rooted('what of Incus no container here can be is refused with the way out', async (t) => {
  const world = await makeWorld(t);
  mkdirSync(join(world.dir, 'backup'));
  for (const [change, reason] of [
    [INDEX.replace('type: container', 'type: virtual-machine'), /is a virtual machine/],
    [INDEX.replace('optimized: false', 'optimized: true'), /without optimized storage/],
    ['a: [', /is no YAML/],
  ] as const) {
    writeFileSync(join(world.dir, 'backup/index.yaml'), change);
    await world.sh('tar -cf x.tar backup');
    const { code, stderr } = await world.run('tlxc-import', 'x.tar');
    t.is(code, 1);
    t.regex(stderr, reason);
  }
  t.deepEqual(readdirSync(world.lxcpath), []);
});

rooted("Proxmox's vzdump archive", async (t) => {
  const world = await makeWorld(t);
  const rootfs = makeTree(world, 'pct');
  mkdirSync(join(rootfs, 'etc/vzdump'));
  writeFileSync(join(rootfs, 'etc/vzdump/pct.conf'), PCT);
  await world.sh(
    'tar -C pct --zstd -cf vzdump-lxc-100.tar.zst ./etc/vzdump/pct.conf . && tlxc-import vzdump-lxc-100.tar.zst 2> said',
  );
  t.regex(config(world, 'mail'), /^lxc.cgroup2.memory.max = 1073741824$/m);
  t.regex(config(world, 'mail'), /^lxc.cgroup2.cpu.max = 200000 100000$/m);
  t.regex(config(world, 'mail'), /^lxc.start.auto = 1$/m);
  t.notRegex(config(world, 'mail'), /BC:24:11/);
  const said = readFileSync(join(world.dir, 'said'), 'utf8');
  t.regex(said, /not taken over: features: nesting=1/);
  t.regex(said, /not taken over: swap: 512/);
  t.false(existsSync(join(world.lxcpath, 'mail/rootfs/etc/vzdump')));
  await boots(t, world, 'mail');
});

rooted(
  'a plain root filesystem, with a name that is given or its own; device nodes only for the privileged',
  async (t) => {
    const world = await makeWorld(t);
    const rootfs = makeTree(world, 'tree');
    await world.sh(`mkdir -p ${rootfs}/var/spool/dev; mknod ${rootfs}/var/spool/dev/random c 1 8; mknod ${rootfs}/dev/null c 1 3
    tar -C tree -cJf base.tar.xz .; tlxc-import base.tar.xz 2> said; tlxc-import --privileged -N other - < base.tar.xz`);
    t.regex(
      readFileSync(join(world.dir, 'said'), 'utf8'),
      /device nodes were left out.*: \/var\/spool\/dev\/random\n/,
    );
    t.deepEqual(readdirSync(join(world.lxcpath, 'base/rootfs/var/spool/dev')), []);
    t.is(await world.sh('stat -c %t:%T lxc/other/rootfs/var/spool/dev/random'), '1:8\n');
    await boots(t, world, 'base');
  },
);

/** Nothing of a container came to be, and nothing is in the way of the next one. */
async function refused(
  t: ExecutionContext,
  world: World,
  why: RegExp,
  ...words: readonly string[]
): Promise<void> {
  const { code, stderr } = await world.run('tlxc-import', '-N', 'c9', ...words);
  t.is(code, 1, words.join(' '));
  t.regex(stderr, why);
  t.deepEqual(
    readdirSync(world.lxcpath).filter((name) => name !== '.trash'),
    ['c1'],
  );
}

rooted('an archive that was changed or cut leaves nothing', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh(`tlxc-export -n c1 good.tar; tlxc-export -n c1 good.tar.zst; size=$(stat -c %s good.tar)
    for part in 10 50 90; do head -c $((size * part / 100 / 512 * 512)) good.tar > cut$part.tar; done
    head -c $(($(stat -c %s good.tar.zst) - 100)) good.tar.zst > cut.tar.zst
    cp good.tar changed.tar; at=$(grep -abo root:x: good.tar | head -n 1 | cut -d: -f1); printf R | dd of=changed.tar bs=1 seek=$at conv=notrunc status=none
    cp good.tar longer.tar; echo more > more; tar -rf longer.tar more
    head -c 4096 /dev/urandom > noise; : > empty; tar -cf nothing.tar noise`);
  for (const file of ['cut10.tar', 'cut50.tar', 'cut90.tar'])
    await refused(t, world, /it is not whole: its end is missing/, file);
  await refused(
    t,
    world,
    /cut\.tar\.zst ends early: it was cut off, or the copy was not finished\n {2}hint: transfer it once more/,
    'cut.tar.zst',
  );
  await refused(t, world, /its checksum is wrong/, 'changed.tar');
  await refused(t, world, /its checksum is wrong/, 'longer.tar');
  await refused(t, world, /is no tar archive/, 'noise');
  await refused(t, world, /empty is empty\n/, 'empty');
  for (const [file, why] of Object.entries({ empty: 'is empty', noise: 'is no tar archive' })) {
    const { code, stderr } = await world.run('sh', '-c', `tlxc-import -N x1 - < ${file}`);
    t.is(code, 1);
    t.regex(stderr, new RegExp(`^tlxc-import: standard input ${why}`));
  }
  await refused(t, world, /neither a container nor a root filesystem/, 'nothing.tar');
  await refused(t, world, /there is no .*none/, 'none');
  await refused(t, world, /cannot be an overlay/, '-B', 'overlay', 'good.tar');
  // Its first member says how it is called: nothing behind that is looked at.
  for (const file of ['good.tar', 'cut50.tar']) {
    const { stderr } = await world.run('tlxc-import', file);
    t.regex(stderr, /c1: Container already exists/);
  }
});

rooted('what comes on standard input is refused by its first bytes, and read no further', async (t) => {
  const world = await makeWorld(t);
  mkdirSync(join(world.dir, 'backup'));
  writeFileSync(join(world.dir, 'backup/index.yaml'), INDEX.replace('optimized: false', 'optimized: true'));
  await world.sh(
    'tar -cf begin.tar backup; gzip -k begin.tar; head -c 4096 /dev/urandom > noise; truncate -s 64G backup/large',
  );
  for (const [input, why] of [
    ['cat noise; yes', /standard input is no tar archive/],
    [
      'tar -cf - backup/index.yaml backup/large',
      /standard input holds the root filesystem as its storage has it/,
    ],
    ['head -c 1024 begin.tar; printf "\\200%.0s" {1..512}; yes', /standard input is damaged/],
    ['head -c 20 begin.tar.gz; yes', /standard input could not be decompressed/],
  ] as const) {
    // What would wait for its end is ended by the limit, with another status.
    const line = `{ ${input}; } | timeout -k 1 20 tlxc-import -N x1 -`;
    const { stderr } = await world.run('bash', '-c', `${line}; echo "\${PIPESTATUS[*]}" >&2`);
    t.regex(stderr, why);
    t.regex(stderr, /^141 1$/m, input);
    t.deepEqual(readdirSync(world.lxcpath), [], input);
  }
  // Whoever opens it for reading and writing both keeps it open: what has begun wrong goes on with silence.
  const line = 'mkfifo quiet; exec 3<> quiet; cat noise >&3; timeout -k 1 20 tlxc-import -N x1 - <&3';
  t.is((await world.run('bash', '-c', line)).code, 1);
});

rooted('a hostile archive writes nothing outside', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh(
    'mkdir victim tree tree/etc; echo canary > victim/file; echo attack > attack; echo attack > tree/etc/x',
  );
  const out = `${world.dir}/victim`;
  for (const [name, line] of Object.entries({
    climbs: `tar -C tree -P --transform 's,^etc/x,etc/../../../../../../../..${out}/x,' -cf climbs.tar etc/x`,
    absolute: `tar -C tree -P --transform 's,^etc/x,${out}/x,' -cf absolute.tar etc/x etc`,
    link: `ln -s ${out} tree/etc/out; tar -C tree -cf link.tar etc; rm tree/etc/out; mkdir -p tree/etc/out; cp attack tree/etc/out/file; tar -C tree -rf link.tar etc/out/file`,
  })) {
    await world.sh(line);
    const { code, stderr } = await world.run('tlxc-import', '-N', 'c9', `${name}.tar`);
    t.is(code, 1, name);
    t.regex(stderr, /could not be unpacked|leads out of the root filesystem/, name);
    t.deepEqual(
      readdirSync(world.lxcpath).filter((each) => each !== '.trash'),
      ['c1'],
      name,
    );
    t.is(await world.sh('ls victim; cat victim/file'), 'file\ncanary\n', name);
  }
});

for (const command of ['tlxc-export', 'tlxc-import'] as const) {
  rooted.serial(`${command} killed at any moment: whole or absent, and the next one succeeds`, async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'c1');
    await world.sh('head -c 8M /dev/urandom > lxc/c1/rootfs/noise; mkdir out; tlxc-export -n c1 c1.tar.zst');
    const words =
      command === 'tlxc-export'
        ? ['-n', 'c1', join(world.dir, 'out/file.tar')]
        : ['-N', 'c2', join(world.dir, 'c1.tar.zst')];
    const { milliseconds } = await world.run(command, ...words);
    const clear = 'rm -f out/file.tar; [ ! -e lxc/c2 ] || tlxc-destroy -n c2';
    for (const moment of moments(t, 8)) {
      await world.sh(clear);
      await killAfter(world, milliseconds * moment, command, ...words);
      if (existsSync(join(world.dir, 'out/file.tar')))
        await world.sh('tlxc-import -N c3 out/file.tar && tlxc-destroy -n c3');
      if (existsSync(join(world.lxcpath, 'c2')))
        await world.sh('cmp lxc/c1/rootfs/noise lxc/c2/rootfs/noise');
      await world.sh(clear);
      await world.sh(`${command} ${words.join(' ')}`);
      const hidden = readdirSync(world.lxcpath).filter((name) => name.startsWith('.') && name !== '.trash');
      t.deepEqual(
        [...hidden, ...readdirSync(join(world.dir, 'out')).filter((name) => name !== 'file.tar')],
        [],
      );
    }
  });
}

onDisk(
  'a directory is imported where there is room for it, but not for it and an archive of it',
  async (t) => {
    const world = await makeWorld(t);
    mkdirSync(join(world.dir, 'old'));
    makeTree(world, 'old/rootfs');
    await world.sh(
      `yes text | head -c 40M > old/rootfs/srv-file; echo "lxc.rootfs.path = dir:${world.dir}/old/rootfs" > old/config; mkdir disk`,
    );
    await addFilesystem(world, { type: 'ext4', at: join(world.dir, 'disk'), size: '72M', make: '-m 0' });
    await world.sh('tlxc-import -P disk/lxc -N c1 old >&2');
    t.is(
      await world.sh('cmp old/rootfs/srv-file disk/lxc/c1/rootfs/srv-file; ls -A disk/lxc/c1'),
      'config\nrootfs\n',
    );
  },
);
