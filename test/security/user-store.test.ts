/** Root looks into a store that belongs to somebody else, who has put things there to be followed, read and shown. */
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { attackProgram } from './attacks.ts';

const USER = 12345;
const SECRET = 'lxc.token-of-root = secret-of-root';

/** A store of the user's, and beside it what only root may read. */
async function userStore(world: World): Promise<string> {
  await world.sh(`mkdir -m 700 secrets secrets/.kube; mkdir home`);
  for (const name of ['file', '.kube/config']) writeFileSync(join(world.dir, 'secrets', name), `${SECRET}\n`);
  await world.sh('chmod 600 secrets/file; chmod 644 secrets/.kube/config');
  return join(world.dir, 'home');
}

type Plant = (directory: string, secrets: string) => void;

const write = (path: string, text: string): void => writeFileSync(path, `${text}\n`, { flag: 'wx' });

/** What lies in the container's directory; its configuration is written where the plant wrote none. */
const plants: Readonly<Record<string, Plant | null>> = {
  'a link for a container': null,
  'a link for a configuration': (dir, secrets) => symlinkSync(`${secrets}/file`, `${dir}/config`),
  'an included secret': (dir, secrets) => write(`${dir}/config`, `lxc.include = ${secrets}/file`),
  'a secret that others could read, were they there': (dir, secrets) =>
    write(`${dir}/config`, `lxc.include = ${secrets}/.kube/config`),
  'an included link': (dir, secrets) => {
    symlinkSync(`${secrets}/file`, `${dir}/more`);
    write(`${dir}/config`, `lxc.include = ${dir}/more`);
  },
  'a secret for a table of mounts': (dir, secrets) =>
    write(`${dir}/config`, `lxc.mount.fstab = ${secrets}/file`),
  'a comment': (dir, secrets) => {
    mkdirSync(`${dir}/snaps/snap0`, { recursive: true });
    write(`${dir}/snaps/snap0/config`, 'lxc.uts.name = c1');
    symlinkSync(`${secrets}/file`, `${dir}/snaps/snap0/comment`);
    symlinkSync(`${secrets}/file`, `${dir}/snaps/snap0/ts`);
    write(`${dir}/config`, 'lxc.uts.name = c1');
  },
};

const COMMANDS = ['tlxc-info -n c1', 'tlxc-ls -f', 'tlxc-ls -L --json', 'tlxc-snapshot -n c1 -LC'];

for (const [title, plant] of Object.entries(plants))
  requires('root')(`${title} of a user's shows root, and whom root tells, nothing`, async (t) => {
    const world = await makeWorld(t);
    const store = await userStore(world);
    const secrets = join(world.dir, 'secrets');
    if (plant === null) symlinkSync(`${secrets}/.kube`, join(store, 'c1'));
    else {
      mkdirSync(join(store, 'c1'));
      plant(join(store, 'c1'), secrets);
    }
    await world.sh(`chown -hR ${USER}:${USER} home`);
    for (const command of [...COMMANDS, 'tlxc-config explain -n c1']) {
      const { stdout, stderr } = await world.run('sh', '-c', `${command} -P ${store}`);
      t.notRegex(stdout + stderr, /of-root|internal error/, command);
    }
  });

requires('root')("what a user's configuration says and includes is read by root as ever", async (t) => {
  const world = await makeWorld(t);
  const store = await userStore(world);
  const directory = join(store, 'c1');
  mkdirSync(directory);
  writeFileSync(join(directory, 'more'), 'lxc.uts.name = said-by-a-user\n', { mode: 0o600 });
  symlinkSync('more', join(directory, 'link'));
  const include = `lxc.include = /usr/share/tlxc/config/common.conf\nlxc.include = ${directory}/link\n`;
  writeFileSync(join(directory, 'config'), include, { mode: 0o600 });
  await world.sh(`chown -hR ${USER}:${USER} home`);
  t.is(await world.sh(`tlxc-info -P ${store} -n c1 -c lxc.uts.name`), 'lxc.uts.name = said-by-a-user\n');
  // One of root's own below a user's directory is as good as root's, but the word of whoever put it there.
  const own = `lxc.uts.name = said-by-root\nlxc.include = ${world.dir}/secrets/.kube/config\n`;
  await world.sh(`chmod 711 ${world.dir}/secrets ${world.dir}/secrets/.kube; chmod 600 secrets/.kube/config`);
  await world.sh(`cat > ${directory}/config; chown 0:0 ${directory}/config`, { input: own });
  const { stdout, stderr } = await world.run('tlxc-info', '-P', store, '-n', 'c1', '-c', 'lxc.uts.name');
  t.regex(stderr, /lxc\.include: cannot be read: user 12345, whose configuration names it, may not/);
  t.notRegex(stdout + stderr, /of-root/);
});

requires('root')(
  "what root changes in a store of somebody else's changes nothing that a link there leads to",
  async (t) => {
    const world = await makeWorld(t);
    const store = await userStore(world);
    const target = join(world.dir, 'target');
    const text = 'lxc.uts.name = target\n';
    const changes = [
      'tlxc-set -n c1 memory=64M',
      'tlxc-update-config -c STORE/c1/config',
      'tlxc-snapshot -n c1',
    ];
    for (const plant of [
      'mkdir c1; ln -s ../../target c1/config',
      'mkdir ../there; cp ../target ../there/config; ln -s ../there c1',
    ])
      for (const change of changes) {
        await world.sh(`rm -rf there home/*; cat > ${target}; cd home; ${plant}; chown -hR ${USER} .`, {
          input: text,
        });
        await world.run('sh', '-c', `${change.replace('STORE', store)} -P ${store}`);
        t.is(
          await world.sh('cat target; cat there/config 2>/dev/null || cat target'),
          text.repeat(2),
          `${plant}; ${change}`,
        );
      }
  },
);

requires('root')(
  "names in a directory that a user may not list are not told root on the user's behalf",
  async (t) => {
    const world = await makeWorld(t);
    const store = await userStore(world);
    await world.sh('mkdir home/c1; touch secrets/of-root.conf; mkfifo secrets/of-root2.conf');
    writeFileSync(join(store, 'c1/config'), `lxc.include = ${world.dir}/secrets/\n`);
    await world.sh(`chown -hR ${USER}:${USER} home`);
    const { stdout, stderr } = await world.run('tlxc-info', '-n', 'c1', '-P', store);
    t.notRegex(stdout + stderr, /of-root/);
  },
);

requires('root')(
  "root's own, in directories as tlxc-create makes them, read what root alone may",
  async (t) => {
    const world = await makeWorld(t);
    await world.sh('mkdir -m 770 lxc/c1; mkdir elsewhere; ln -s lxc link; ln -s ../lxc elsewhere/link');
    await world.sh('cat > lxc/mine; chmod 640 lxc/mine', { input: 'lxc.uts.name = said-by-root\n' });
    await world.sh('cat > lxc/c1/config', { input: `lxc.include = ${world.lxcpath}/mine\n` });
    for (const store of ['lxc', 'link', 'elsewhere/link']) {
      const said = await world.sh(`tlxc-info -P ${world.dir}/${store} -n c1 -c lxc.uts.name`);
      t.is(said, 'lxc.uts.name = said-by-root\n', store);
    }
    await world.sh(`tlxc-set -P ${world.dir}/link -n c1 memory=64M`);
    await world.sh(`chgrp ${USER} lxc/c1`);
    const { stderr } = await world.run('tlxc-info', '-n', 'c1', '-c', 'lxc.uts.name');
    t.regex(
      stderr,
      /others than root, who may write to a directory of the configuration that names it, may not/,
    );
  },
);

requires('root')("a link of root's leads to a user's store as the way itself does", async (t) => {
  const world = await makeWorld(t);
  const store = await userStore(world);
  await world.sh('ln -s home link; mkdir home/c1');
  writeFileSync(join(store, 'c1/config'), 'lxc.uts.name = said\n', { mode: 0o600 });
  await world.sh(`chown -hR ${USER}:${USER} home; chown 0:0 home/c1/config`);
  await world.sh(`tlxc-set -P ${world.dir}/link -n c1 memory=64M`);
  t.is(await world.sh(`tlxc-info -P ${world.dir}/link -n c1 -c lxc.uts.name`), 'lxc.uts.name = said\n');
});

requires('root')(
  "root's housekeeping in a user's store touches nothing that a link there leads to",
  async (t) => {
    const world = await makeWorld(t);
    const store = await userStore(world);
    // Of root's own: a container with a noted volume, and a snapshot.
    await world.sh(`mkdir -p own/c9/rootfs/etc own/.tlxc-restored; touch own/c9/rootfs/etc/file
    echo lxc.rootfs.path = none > own/c9/config; echo dir:/nowhere > own/c9/.tlxc-volume; chmod 600 own/c9/.tlxc-volume`);
    const look = () => world.sh('find own | sort; cat own/c9/.tlxc-volume');
    const before = await look();
    const attempts = [
      ['mkdir -p .trash/x; ln -s ../../../own .trash/x/snaps', 'tlxc-create -t none -n c2', 0],
      ['mkdir -p .trash; ln -s ../../own/c9 .trash/x', 'tlxc-create -t none -n c2', 0],
      ['ln -s ../own .trash', 'tlxc-create -t none -n c2', 0],
      ['ln -s ../../own/c9 c1/.tlxc-restored', 'tlxc-snapshot -n c1', 1],
      ['ln -s ../../own/c9 c1/.tlxc-restored', 'tlxc-start -n c1', 1],
      ['mkdir c1/snaps; ln -s ../../../own/c9 c1/snaps/snap7', 'tlxc-snapshot -n c1 -d snap7', 1],
      ['mkdir c1/snaps; ln -s ../../../own/c9 c1/snaps/snap7', 'tlxc-snapshot -n c1 -r snap7 -N c3', 1],
    ] as const;
    for (const [plant, command, status] of attempts) {
      await world.sh(`cd home; rm -rf .trash *; mkdir c1; echo lxc.rootfs.path = none > c1/config; ${plant}
      chown -hR ${USER}:${USER} .`);
      const { code, stderr } = await world.run('sh', '-c', `${command} -P ${store}`);
      t.is(await look(), before, `${plant}; ${command}`);
      t.is(code, status, stderr);
      if (plant.includes('restored'))
        t.regex(
          stderr,
          /the restoring of a snapshot was killed half-way \(.*home\/c1\/\.tlxc-restored\).*\n {2}hint: look at it/,
        );
    }
  },
);

requires('root', 'busybox')(
  "files that somebody writes, or left, in a directory of another's stop no command of root's",
  async (t) => {
    const world = await makeWorld(t);
    const store = await userStore(world);
    addBusybox(world, 'c1', { privileged: true });
    await world.sh(`mv lxc/c1 home/c1; sed -i s,/lxc/c1/,/home/c1/, home/c1/config
      touch home/c1/.config.0123456789abcdef.tmp; touch -d '1 hour ago' home/c1/.config.fedcba9876543210.tmp
      mkdir home/c1/.dir.0123456789abcdef.tmp; chown -h ${USER}:${USER} home home/c1`);
    await world.sh(`tlxc-start -P ${store} -n c1; tlxc-stop -k -P ${store} -n c1`);
    t.is(await world.sh('ls -A home/c1 | grep -c tmp'), '3\n', 'they are left to their owner');
    // As LXC leaves it: the directory is that of root in the container, the store root's.
    await world.sh(
      `mv home/c1 lxc/c1; sed -i s,/home/c1/,/lxc/c1/, lxc/c1/config; chown 100000:100000 lxc/c1`,
    );
    await world.sh('tlxc-start -n c1; tlxc-stop -k -n c1');
    t.is(
      await world.sh('ls -A lxc/c1 | grep tmp | sort'),
      '.config.0123456789abcdef.tmp\n.dir.0123456789abcdef.tmp\n',
    );
  },
);

requires('root')('nor what a link leads to that is there only now and then', async (t) => {
  const world = await makeWorld(t);
  const store = await userStore(world);
  await world.sh(`mkdir -p own/c9/rootfs/etc; touch own/c9/rootfs/etc/file; echo lxc.rootfs.path = none > own/c9/config
    mkdir home/c1; echo lxc.rootfs.path = none > home/c1/config`);
  const before = await world.sh('find own | sort');
  // Of the user's own: things of the same names, to be removed.
  const renew = `cd home; mkdir -p .trash/c9 c1/snaps/c9; touch c1/snaps/c9/config
    [ -L trash ] || ln -s ../own trash; [ -L c1/link ] || ln -s ../../own c1/link; chown -hR ${USER} .`;
  await world.sh(renew);
  for (const [pair, command] of [
    [['.trash', 'trash'], 'tlxc-create -t none -n c2; tlxc-destroy -n c2'],
    [['c1/snaps', 'c1/link'], 'tlxc-snapshot -n c1 -d ALL'],
  ] as const) {
    const racer = world.spawn(attackProgram('exchange'), ...pair.map((name) => join(store, name)));
    const ended = once(racer, 'exit');
    for (let times = 0; times < 12; times++) {
      await world.run('sh', '-c', command.replaceAll(' -n', ` -P ${store} -n`));
      t.is(await world.sh('find own | sort'), before, command);
    }
    racer.stdin.end('enough');
    await ended;
    await world.sh(`rm -rf home/.trash home/trash home/c1/snaps home/c1/link; ${renew}`);
  }
});
