/** tlxc-export and tlxc-import: a container comes out of one file as it went in, whatever ids it has on either side. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeUser } from '../../rig/user.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const layered = requires('root', 'userns', 'idmap', 'busybox', 'overlay');
const looped = requires('root', 'userns', 'idmap', 'busybox', 'loop');
const made = requires('root', 'userns', 'idmap', 'busybox', 'lxc');
const users = requires('root', 'userns', 'overlay', 'users', 'busybox');
const freezing = requires('root', 'userns', 'idmap', 'busybox', 'cgroup1');

/** Everything that archives lose easily. */
const CRAFT = `cd lxc/c1/rootfs/srv 2>/dev/null || { mkdir lxc/c1/rootfs/srv; cd lxc/c1/rootfs/srv; }
  echo one > file; ln file second; ln -s /etc/passwd link; mkfifo fifo; mkdir -m 3770 dir; echo x > "$(printf 'caf\\351')"
  cp /bin/true setuid; chown 12:34 setuid; chmod 6755 setuid; chown 65534:1000 dir; chown -h 7:8 link
  cp /bin/true able; setcap cap_net_raw+ep able; setfattr -n user.note -v kept file
  setfacl -m u:123:rw file; setfacl -d -m g:456:rx dir
  truncate -s 3M sparse; echo end >> sparse; touch -h -d '2001-02-03 04:05:06.789' link file dir sparse`;

/** One line a member with all that it is, but for what unpacking cannot know: sizes of directories. */
const manifest = (world: World, name: string): Promise<string> =>
  world.sh(`cd lxc/${name}/rootfs && LC_ALL=C && export LC_ALL
    find . ! -path './dev/*' -printf '%p %y %m %U:%G %n %l %T@\\n' | sort
    find . ! -path './dev/*' -type f -exec sha256sum {} + | sort
    find . ! -type l -exec getfattr -h -d -m '^user|^security.capability' {} + 2>/dev/null
    getfacl -n -R srv; stat -c %b srv/sparse`);

/** Of the container from which TLXC made another in a directory of its own. */
const config = (world: World, name: string): string =>
  readFileSync(join(world.lxcpath, name, 'config'), 'utf8');

async function isSame(t: ExecutionContext, world: World, before: string, name: string): Promise<void> {
  const after = await manifest(world, name);
  t.deepEqual(after.split('\n'), before.split('\n'));
}

rooted('a directory that is not there is named, and how it comes', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  const nowhere = await world.run('tlxc-export', '-n', 'c1', '/backup-of-nobody/c1.tar.zst');
  t.is(
    nowhere.stderr,
    'tlxc-export: c1: /backup-of-nobody/c1.tar.zst cannot be written: there is no directory /backup-of-nobody\n  hint: make it (mkdir -p), or name another\n',
  );
});

rooted('from privileged to unprivileged and back: the same tree, seen from inside', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', {
    privileged: true,
    config: ['lxc.net.0.type = empty', 'lxc.cap.drop = sys_time'],
  });
  await world.sh(CRAFT);
  const before = await manifest(world, 'c1');
  await world.sh(
    'tlxc-export -n c1 c1.tar.zst; tlxc-import -M -N c2 c1.tar.zst; mv lxc/c1 gone; tlxc-import -M --privileged c1.tar.zst',
  );
  await isSame(t, world, before, 'c1');
  t.notRegex(config(world, 'c1'), /idmap/);
  await world.sh('mv lxc/c2/rootfs lxc/c2/r2; mv lxc/c2/r2 lxc/c2/rootfs');
  t.regex(config(world, 'c2'), /^lxc.idmap = u 0 1\d+ 65536$/m);
  t.regex(config(world, 'c2'), /^lxc.rootfs.options = idmap=container$/m);
  t.regex(config(world, 'c2'), /^lxc.uts.name = c2$/m);
  t.regex(config(world, 'c2'), /^lxc.cap.drop = sys_time$/m);
  await isSame(t, world, before, 'c2');
  await world.sh('tlxc-start -n c2');
  t.is(
    await world.sh('tlxc-attach -n c2 -- stat -c "%u:%g %a" /srv/setuid /srv/dir'),
    '12:34 6755\n65534:1000 3770\n',
  );
  t.is(await world.sh('stat -c %a c1.tar.zst'), '600\n');
});

rooted('files with shifted ids, as LXC has them, are stored unshifted', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { privileged: true });
  await world.sh(CRAFT);
  const before = await manifest(world, 'c1');
  // A user namespace's root gives the ids away; it keeps capabilities and lists of access.
  await world.sh(`cd lxc/c1 && find rootfs -depth -exec sh -c 'for f; do set -- $(stat -c "%u %g" "$f"); [ $1 -ge 3000000 ] || chown -h $(($1+3000000)):$(($2+3000000)) "$f"; done' sh {} + 2>/dev/null
    chmod 6755 rootfs/srv/setuid; chmod 3770 rootfs/srv/dir; setcap cap_net_raw+ep rootfs/srv/able
    setfacl -b rootfs/srv/file; setfacl -m u:3000123:rw rootfs/srv/file; setfacl -k rootfs/srv/dir; setfacl -d -m g:3000456:rx rootfs/srv/dir
    touch -h -d '2001-02-03 04:05:06.789' rootfs/srv/link rootfs/srv/file rootfs/srv/dir rootfs/srv/sparse
    printf 'lxc.idmap = u 0 3000000 65536\\nlxc.idmap = g 0 3000000 65536\\n' >> config`);
  await world.sh('tlxc-export -n c1 - > c1.tar.zst; tlxc-import -M -N c2 - < c1.tar.zst');
  const lines = (text: string) => text.split('\n').filter((line) => /srv|^user:|^group:|^#/.test(line));
  t.deepEqual(lines(await manifest(world, 'c2')), lines(before));
});

layered('snapshots come along where they are asked for, and an overlay becomes a directory', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'base');
  await world.sh(`set -e; tlxc-copy -s -n base -N c1; tlxc-start -n c1; tlxc-attach -n c1 -- sh -c 'echo first > /etc/state; rm /etc/group'
    tlxc-stop -k -n c1; echo why > comment; tlxc-snapshot -n c1 -c comment; echo second > newer; tlxc-file push newer c1/etc/state
    tlxc-export --snapshots --compression gzip -n c1; tlxc-destroy -s -n c1; tlxc-import c1.tar.gz`);
  t.is(
    await world
      .sh('cat lxc/c1/rootfs/etc/state; ls lxc/c1/rootfs/etc/group 2>&1 || true')
      .then((said) => said.split('\n')[0]),
    'second',
  );
  t.false(existsSync(join(world.lxcpath, 'c1/rootfs/etc/group')));
  t.regex(await world.sh('tlxc-snapshot -n c1 -L -C'), /^snap0 \(.*\nwhy\n$/);
  await world.sh('tlxc-snapshot -n c1 -r snap0 && tlxc-start -n c1');
  t.is(await world.sh('tlxc-attach -n c1 -- cat /etc/state'), 'first\n');
});

layered('an overlay that was never started is exported, and is what it was', async (t) => {
  const world = await makeWorld(t);
  await world.sh('touch seed; tlxc-create -n c1 -f seed -t busybox -B overlay');
  const changes = (): Promise<string> => world.sh('find lxc/c1/overlay/delta -printf "%p %C@\\n" | sort');
  const before = await changes();
  await world.sh('tlxc-export -n c1 c1.tar && tlxc-import -N c2 c1.tar');
  t.is(await changes(), before);
  t.is(await world.sh('tar -xOf c1.tar rootfs/etc/hostname'), 'c1\n');
  t.is(await world.sh('cat lxc/c2/rootfs/etc/hostname'), 'c2\n');
});

layered('what an overlay hides, and has moved, is so in its export', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'base');
  await world.sh(`set -e; tlxc-start -n base
    tlxc-attach -n base -- sh -c 'mkdir -p /srv/moved/in /srv/anew; touch /srv/moved/in/file /srv/anew/old'; tlxc-stop -k -n base
    tlxc-copy -s -n base -N c1; echo 'lxc.rootfs.options = idmap=container,redirect_dir=on' >> lxc/c1/config; tlxc-start -n c1
    tlxc-attach -n c1 -- sh -c 'cd /srv; mv moved away; rm -r anew; mkdir anew; touch anew/new'; tlxc-stop -k -n c1`);
  t.regex(await world.sh('getfattr -d -m - lxc/c1/overlay/delta/srv/away 2>/dev/null'), /overlay\.redirect/);
  await world.sh('tlxc-export -n c1 c1.tar; tlxc-import -N c2 c1.tar');
  t.is(
    await world.sh('cd lxc/c2/rootfs/srv; find . | sort'),
    '.\n./anew\n./anew/new\n./away\n./away/in\n./away/in/file\n',
  );
});

freezing('one that runs is refused, one that is frozen is exported as its root filesystem is', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh("tlxc-start -n c1; tlxc-attach -n c1 -- sh -c 'echo now > /etc/state'");
  const running = await world.run('tlxc-export', '-n', 'c1');
  t.is(running.code, 1);
  t.regex(
    running.stderr,
    /c1 is running\n {2}hint: .*tlxc-stop -n c1 first, or let it be frozen for so long \(--freeze\)/,
  );
  await world.sh(
    'tlxc-freeze -n c1; tlxc-export -n c1; tlxc-unfreeze -n c1; tlxc-export --freeze -n c1 again.tar',
  );
  t.regex(await world.sh('tlxc-info -n c1 -s'), /RUNNING/);
  // The reader stops after the first byte until the thaw has been refused.
  const thawed = await world.sh(`tlxc-freeze -n c1; tlxc-export -n c1 --compression none - |
    { head -c 1; tlxc-unfreeze -n c1 2>&1; cat > /dev/null; } | tr -d '\\0' | tail -c 400; tlxc-info -n c1 -s; tlxc-unfreeze -n c1`);
  t.regex(thawed, /cannot thaw: process \d+ .*needs it frozen/);
  t.regex(thawed, /FROZEN/);
  await world.sh('tlxc-import -N c3 again.tar && cmp lxc/c1/rootfs/etc/state lxc/c3/rootfs/etc/state');
  await world.sh('tlxc-import -N c2 c1.tar.zst');
  t.is(await world.sh('cat lxc/c2/rootfs/etc/state; ls -A lxc/c2/rootfs/proc'), 'now\n');
});

users('a user exports and imports, and has what root exported', async (t) => {
  const user = await makeUser(t);
  await user.sh(`echo lxc.net.0.type = empty > seed; tlxc-create -n c1 -f seed -t busybox
    echo mine > mine; tlxc-file push --uid 5 --gid 6 mine c1/etc/; tlxc-export -n c1 && tlxc-import -N c2 c1.tar.zst && tlxc-start -n c2 2>/dev/null`);
  t.is(
    await user.sh("tlxc-attach -n c2 -- sh -c 'stat -c %u:%g /etc/mine; cat /etc/mine /etc/hostname'"),
    '5:6\nmine\nc2\n',
  );
});

rooted('what reaches into the host is left out by name, unless it is trusted', async (t) => {
  const world = await makeWorld(t);
  const hook = join(world.lxcpath, 'c1/hook');
  addBusybox(world, 'c1', {
    config: [
      `lxc.hook.pre-start = ${hook}`,
      'lxc.mount.entry = /etc etc2 none bind,optional,create=dir',
      'lxc.log.file = /tmp/never',
    ],
  });
  await world.sh(
    `printf '#!/bin/sh\\ntouch ${world.dir}/ran\\n' > ${hook}; chmod 755 ${hook}; tlxc-export -n c1; mkdir moved; mv lxc/c1 moved`,
  );
  const { stderr } = await world.run('tlxc-import', 'c1.tar.zst');
  t.regex(stderr, /warning: not taken over: lxc.hook.pre-start = .*hook: it may reach into the host/);
  t.regex(
    stderr,
    /warning: not taken over: lxc.mount.entry = \/etc etc2 .*: it may show the host to the container/,
  );
  t.regex(stderr, /warning: not taken over: lxc.log.file = /);
  t.deepEqual(readdirSync(join(world.lxcpath, 'c1')).sort(), ['config', 'rootfs']);
  await world.sh('tlxc-import -N c2 --trust c1.tar.zst && tlxc-start -n c2');
  t.true(existsSync(join(world.dir, 'ran')));
  t.regex(config(world, 'c2'), new RegExp(`^lxc.hook.pre-start = ${world.lxcpath}/c2/hook$`, 'm'));
});

rooted("another user's directory is no more than an archive of theirs", async (t) => {
  const world = await makeWorld(t);
  const hook = join(world.dir, 'old/c1/hook');
  addBusybox(world, 'c1', { privileged: true, config: [`lxc.hook.pre-start = ${hook}`] });
  await world.sh(`mkdir old; mv lxc/c1 old/; sed -i s,lxc/c1,old/c1, old/c1/config
    printf '#!/bin/sh\\ntouch ${world.dir}/ran\\n' > ${hook}; chmod 755 ${hook} old old/c1`);
  const keepsHook = async (name: string, ...words: readonly string[]): Promise<boolean> => {
    const { code, stderr } = await world.run('tlxc-import', ...words, '-N', name, 'old/c1');
    t.is(code, 0, stderr);
    const kept = /^lxc.hook/m.test(config(world, name));
    if (!kept)
      t.regex(
        stderr,
        /old\/c1 can be changed by others than you: .* trusted \(--trust\), all of it is taken/,
      );
    t.is(existsSync(join(world.lxcpath, name, 'hook')), kept);
    return kept;
  };
  t.true(await keepsHook('mine'));
  let at = 0;
  for (const [change, undo] of [
    ['chown 1234 old/c1/config', 'chown 0 old/c1/config'],
    ['chown 1234 old/c1', 'chown 0 old/c1'],
    ['chown 1234 old', 'chown 0 old'],
    ['chown 1234 old/c1/hook', 'chown 0 old/c1/hook'],
    ['chmod o+w old/c1', 'chmod o-w old/c1'],
  ] as const) {
    await world.sh(change);
    t.false(await keepsHook(`c${++at}`), change);
    await world.sh(undo);
  }
  await world.sh('chown 1234 old/c1');
  t.true(await keepsHook('trusted', '--trust'));
  await world.sh(`sed -i 's,^lxc.rootfs.path = .*,lxc.rootfs.path = dir:/etc,' old/c1/config`);
  const { code, stderr } = await world.run('tlxc-import', '-N', 'leads', 'old/c1');
  t.is(code, 1);
  t.regex(
    stderr,
    /its lxc.rootfs.path \(\/etc\) is no directory below it\n {2}hint: let its owner tlxc-export it/,
  );
  t.false(existsSync(join(world.lxcpath, 'leads')));
});

rooted('a filesystem in a file that others than root can write is not mounted', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { privileged: true });
  await world.sh(`truncate -s 8M image; mkfs.ext4 -q image
    sed -i "s,^lxc.rootfs.path = .*,lxc.rootfs.path = loop:$PWD/image," lxc/c1/config`);
  for (const change of ['chown 1234 image', 'chown 0 image; chmod 666 image'])
    for (const line of [
      ['tlxc-start', '-n', 'c1'],
      ['tlxc-file', 'pull', 'c1/etc/passwd', '-'],
      ['tlxc-export', '-n', 'c1'],
    ]) {
      await world.sh(change);
      const [command = '', ...words] = line;
      const { code, stderr } = await world.run(command, ...words);
      t.is(code, 1, command);
      t.regex(stderr, /image can be written by others than root, and is not mounted/, command);
    }
});

rooted("the host's network is left to the host", async (t) => {
  const world = await makeWorld(t);
  for (const lines of [['0.type = none'], ['0.type = phys', '0.link = eth9', '0.flags = up']]) {
    addBusybox(world, 'c1', { privileged: true, config: lines.map((line) => `lxc.net.${line}`) });
    await world.sh('tlxc-export -n c1 c1.tar');
    const { stderr } = await world.run('tlxc-import', '-N', 'c2', 'c1.tar');
    t.regex(stderr, /warning: not taken over: lxc.net.0.type = \w+: it is the host's network/);
    t.deepEqual(config(world, 'c2').match(/^lxc.net.*$/gm), ['lxc.net.0.type = empty']);
    await world.sh('tlxc-start -n c2 && tlxc-stop -k -n c2 && tlxc-destroy -n c2 && rm -r lxc/c1');
  }
});

rooted('the directory of a container of LXC becomes a container here, hooks and all', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', {
    privileged: true,
    config: [
      'lxc.net.0.type = empty',
      'lxc.net.0.hwaddr = 00:16:3e:00:00:01',
      'lxc.include = /usr/share/lxc/config/common.conf',
    ],
  });
  await world.sh(
    'mkdir old && mv lxc/c1 old/ && sed -i s,lxc/c1,old/c1, old/c1/config && tlxc-import old/c1',
  );
  t.regex(config(world, 'c1'), new RegExp(`^lxc.rootfs.path = dir:${world.lxcpath}/c1/rootfs$`, 'm'));
  t.notRegex(config(world, 'c1'), /00:16:3e:00:00:01/);
  t.true(existsSync(join(world.dir, 'old/c1/rootfs/etc/passwd')));
  await world.sh('tlxc-start -n c1 && tlxc-attach -n c1 -- true');
});

rooted('a large file of zeros, which compresses to nothing, comes back', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh(
    'head -c 600M /dev/zero > lxc/c1/rootfs/zeros; tlxc-export -n c1; tlxc-import -N c2 c1.tar.zst',
  );
  t.is(await world.sh('stat -c %s lxc/c2/rootfs/zeros'), `${600 * 2 ** 20}\n`);
});

looped('into an image behind a loop device, and out of it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh(`set -e; ${CRAFT}`);
  const before = await manifest(world, 'c1');
  await world.sh(
    'tlxc-export -n c1 c1.tar; tlxc-import -M -N c2 -B loop --fssize 200M c1.tar; tlxc-export -n c2 c2.tar',
  );
  t.regex(config(world, 'c2'), /^lxc.rootfs.path = loop:/m);
  await world.sh('tlxc-destroy -n c2; tlxc-import -M -N c2 c2.tar; rmdir lxc/c2/rootfs/lost+found');
  const lines = (text: string) => text.split('\n').filter((line) => line.includes('srv'));
  t.deepEqual(lines(await manifest(world, 'c2')), lines(before));
});

made('a container that LXC made, with its own configuration', async (t) => {
  const world = await makeWorld(t);
  await world.sh(
    "mkdir old; lxc-create -P $PWD/old -n l1 -t busybox > /dev/null; sed -i '/^lxc.net/d' old/l1/config",
  );
  await world.sh('lxc-start -P $PWD/old -n l1');
  const running = await world.run('tlxc-import', '-N', 'c1', 'old/l1');
  await world.sh('lxc-stop -k -P $PWD/old -n l1; tlxc-import -N c1 old/l1');
  t.is(running.code, 1);
  t.regex(running.stderr, /old\/l1 is running in LXC\n {2}hint: lxc-stop -n l1 first/);
  t.regex(
    config(world, 'c1'),
    /^lxc.include = \/usr\/share\/lxc\/config\/common.conf$|^lxc.rootfs.path = dir:/m,
  );
  t.notRegex(config(world, 'c1'), /old\/l1/);
  await world.sh('tlxc-start -n c1 -s lxc.net.0.type=empty && tlxc-attach -n c1 -- true');
});
