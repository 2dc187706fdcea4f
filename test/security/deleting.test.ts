/** Creating, stopping and destroying containers whose files are somebody's work: nothing of the host is written or deleted. */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tarOf, type Entry } from '../image/archives.ts';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { attackProgram, createContainer } from './attacks.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');
const traced = requires('root', 'userns', 'idmap', 'busybox', 'strace');

const SYSTEM: readonly Entry[] = [
  { path: './', type: 'Directory' },
  { path: './sbin/', type: 'Directory' },
  { path: './sbin/init', content: '#!/bin/sh\n', mode: 0o755 },
];
const link = (path: string, linkpath: string): Entry => ({ path, type: 'SymbolicLink', linkpath });
/** TLXC_TEST_DESTROY_ENTRIES=100000 makes the directory that is promised. */
const ENTRIES = Number(process.env['TLXC_TEST_DESTROY_ENTRIES'] ?? 20_000);
const climbing = '../../../../../../../../../../../..';

/** What an image may have where create writes the container's name. CANARY stands for a file of the host. */
const NAMED: Readonly<Record<string, readonly Entry[]>> = {
  'hostname links out': [{ path: './etc/', type: 'Directory' }, link('./etc/hostname', 'CANARY')],
  'hosts climbs out': [{ path: './etc/', type: 'Directory' }, link('./etc/hosts', `${climbing}CANARY`)],
  'etc links out': [link('./etc', 'DIR')],
  'etc climbs out': [link('./etc', `${climbing}DIR`)],
  'by way of /proc': [{ path: './etc/', type: 'Directory' }, link('./etc/hostname', '/proc/self/rootCANARY')],
  'machine-id links out': [{ path: './etc/', type: 'Directory' }, link('./etc/machine-id', 'CANARY')],
  'hostname is a FIFO': [
    { path: './etc/', type: 'Directory' },
    { path: './etc/hostname', type: 'FIFO' },
  ],
  'hosts is a directory': [
    { path: './etc/', type: 'Directory' },
    { path: './etc/hosts/', type: 'Directory' },
  ],
  'hostname is another name for init': [
    { path: './etc/', type: 'Directory' },
    { path: './etc/hostname', type: 'Link', linkpath: './sbin/init' },
  ],
};

async function withCanary(
  t: ExecutionContext,
): Promise<{ world: World; canary: string; look: () => Promise<string> }> {
  const world = await makeWorld(t);
  const dir = join(world.dir, 'canary');
  mkdirSync(dir);
  for (const name of ['hostname', 'hosts', 'machine-id'])
    writeFileSync(join(dir, name), 'LXC_NAME untouched\n', { mode: 0o666 });
  const look = () => world.sh(`cd ${dir}; stat -c '%n %i %a %u %s %Y %h' *; cat *`);
  return { world, look, canary: join(dir, 'hostname') };
}

for (const backend of ['dir', 'overlay']) {
  rooted(
    `links in an image do not lead create out, and the image stays as it is: -B ${backend}`,
    async (t) => {
      const { world, canary, look } = await withCanary(t);
      const before = await look();
      for (const [index, [what, entries]] of Object.entries(NAMED).entries()) {
        const settled = entries.map((entry) => ({
          ...entry,
          ...(entry.linkpath && {
            linkpath: entry.linkpath.replace('CANARY', canary).replace('DIR', join(canary, '..')),
          }),
        }));
        const archive = join(world.dir, `${index}.tar`);
        writeFileSync(archive, tarOf([...SYSTEM, ...settled]));
        const create = (name: string) =>
          world.runWith(
            { timeout: 10_000 },
            'tlxc-create',
            '-n',
            name,
            '-t',
            'local',
            '-B',
            backend,
            '--',
            '-f',
            archive,
          );
        const stored = () =>
          world.sh(
            `cd ${world.cacheDir}/images && find . -type f -path '*/rootfs/*' -exec sha256sum {} + | sort`,
          );
        const made = await create(`c${index}`);
        t.is(made.code, 0, `${what}: ${made.stderr}`);
        t.is(await look(), before, what);
        if (index > 0) continue;
        const image = await stored();
        t.is((await create('again')).code, 0, what);
        t.is(await stored(), image, what);
      }
    },
  );
}

/** What a container's root may have made of the files in which a copy writes its own name. */
const RENAMED = [
  'ln -sf CANARY etc/hostname; ln -sf CANARY etc/machine-id',
  `ln -sf ${climbing}CANARY etc/hosts; ln -sf /proc/self/rootCANARY etc/hostname`,
  'rm -rf etc; ln -s DIR etc',
  'rm -f etc/hostname; mkfifo etc/hostname',
];

rooted(
  'nor do links that a container has made lead its copies out, or show them what lies there',
  async (t) => {
    const { world, canary, look } = await withCanary(t);
    const before = await look();
    for (const [index, make] of RENAMED.entries()) {
      await createContainer(world, `c${index}`, 'u2');
      const line = make.replaceAll('CANARY', canary).replaceAll('DIR', join(canary, '..'));
      await world.sh(`cd lxc/c${index}/rootfs; ${line}`);
      for (const words of [
        ['-N', 'copy'],
        ['-s', '-B', 'overlay', '-N', 'clone'],
        ['-R', '-N', 'renamed'],
      ]) {
        if (words[0] === '-R') await world.sh('tlxc-destroy -n clone; tlxc-destroy -n copy');
        const copied = await world.runWith({ timeout: 20_000 }, 'tlxc-copy', '-n', `c${index}`, ...words);
        t.is(copied.code, 0, `${line}: ${copied.stderr}`);
        t.is(await look(), before, line);
        const found = await world.run(
          'grep',
          '-rsl',
          'untouched',
          '--exclude-dir=proc',
          `lxc/${words.at(-1)}`,
        );
        t.is(found.stdout, '', line);
      }
      await world.sh('tlxc-destroy -n renamed');
    }
  },
);

rooted('destroy follows nothing, crosses nothing, and is stopped by nothing that lies inside', async (t) => {
  const { world, canary, look } = await withCanary(t);
  const before = await look();
  await createContainer(world, 'c1', 'u2');
  const plant = [
    `ln -s ${join(canary, '..')} directory-link; ln -s ${canary} 'link\n'; ln ${canary} another-name; rm another-name`,
    'mkdir deep; perl -e \'chdir "deep"; for (1..3000) { mkdir "d"; chdir "d" } \'',
    `perl -e 'for (map { chr } 1..46, 48..255) { open F, ">", "odd$_" } open F, ">", "x" x 255; mkdir "-rf"; mkdir "--"'`,
    `mkdir many; perl -e 'for (1..${ENTRIES}) { open F, ">", "many/$_" }'`,
    'mkfifo pipe; touch locked; mkdir shut; touch shut/file; chmod 0 shut',
  ];
  for (const line of plant) await world.sh(`cd ${world.lxcpath}/c1/rootfs; ${line}`);
  const destroyed = await world.run('tlxc-destroy', '-n', 'c1');
  t.is(destroyed.code, 0, destroyed.stderr);
  t.is(
    await world.sh(`ls -A ${world.lxcpath} ${world.lxcpath}/.trash`),
    `${world.lxcpath}:\n.trash\n\n${world.lxcpath}/.trash:\n`,
  );
  t.is(await look(), before);
});

rooted('nor is it led astray by directories that turn into links while it goes on', async (t) => {
  const { world, canary, look } = await withCanary(t);
  const before = await look();
  for (let round = 0; round < 2; round++) {
    await createContainer(world, 'c1', 'u2');
    // The racer stands in the tree, wherever that is moved to.
    const pairs = ['a', 'b', 'deep/c', 'deep/d'].flatMap((name) => [name, `${name}-link`]);
    const make = pairs.map((name) =>
      name.endsWith('-link')
        ? `ln -s ${join(canary, '..')} ${name}`
        : `mkdir -p ${name}; (cd ${name}; touch $(seq 1000) hostname hosts machine-id)`,
    );
    await world.sh(`cd ${world.lxcpath}/c1/rootfs; ${make.join('; ')}`);
    const line = `cd ${world.lxcpath}/c1/rootfs; exec ${attackProgram('exchange')} ${pairs.join(' ')}`;
    const racer = world.spawn('sh', '-c', line);
    const ended = once(racer, 'exit');
    const destroyed = await world.run('tlxc-destroy', '-n', 'c1');
    racer.stdin.end('enough');
    await ended;
    t.is(await look(), before);
    // A name that was a link when it was looked at may be a directory by now: said, and done by the next command.
    if (destroyed.code !== 0) t.regex(destroyed.stderr, /^tlxc-destroy: .*could not be removed/);
    t.is(await world.sh('tlxc-ls'), '');
  }
  await createContainer(world, 'c1', 'u2');
  await world.sh('tlxc-destroy -n c1');
  t.is(await world.sh(`ls -A ${world.lxcpath}/.trash`), '');
});

rooted('destroy deletes nothing of what is still mounted below', async (t) => {
  const { world, canary, look } = await withCanary(t);
  const before = await look();
  await createContainer(world, 'c1', 'u2');
  const point = `${world.lxcpath}/c1/rootfs/mnt`;
  await world.sh(`mount --bind ${join(canary, '..')} ${point}`);
  const refused = await world.run('tlxc-destroy', '-n', 'c1');
  t.is(refused.code, 1);
  t.is(
    refused.stderr,
    `tlxc-destroy: c1: ${point} is still mounted: nothing there was deleted\n  hint: umount ${point}, and try again\n`,
  );
  t.is(await look(), before);
  await world.sh(`umount ${point}; tlxc-start -n c1; tlxc-stop -k -n c1; tlxc-destroy -n c1`);
});

rooted('destroy removes files that were made immutable', async (t) => {
  const { world } = await withCanary(t);
  await createContainer(world, 'c1', 'u2');
  const rootfs = `${world.lxcpath}/c1/rootfs`;
  await world.sh(`touch ${rootfs}/locked ${rootfs}/log; chattr +i ${rootfs}/locked; chattr +a ${rootfs}/log`);
  const destroyed = await world.run('tlxc-destroy', '-n', 'c1');
  t.is(destroyed.code, 0, destroyed.stderr);
  t.is(await world.sh(`ls -A ${world.lxcpath}/.trash`), '');
});

/** In every control group of the container: 40 below each other, deeper than a path can name. */
const NEST = `name=$(printf 'x%.0s' $(seq 200)); groups=$(find /sys/fs/cgroup -path '*/tlxc/c1' -type d)
  for group in $groups; do perl -e 'chdir shift; for (1..40) { mkdir $ARGV[0] or die; chdir $ARGV[0] }' $group $name; done
  echo "$groups" | grep -c .`;

requires('root', 'userns', 'idmap', 'busybox').serial(
  'control groups that it has nested beyond any path go with the container, and after a killed monitor',
  async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'c1');
    const left = "find /sys/fs/cgroup -path '*/tlxc/c1' -type d";
    await world.sh('tlxc-start -n c1');
    t.true(Number(await world.sh(NEST)) > 0);
    await world.sh('tlxc-stop -k -n c1');
    t.is(await world.sh(left), '');
    await world.sh('tlxc-start -n c1');
    await world.sh(NEST);
    await world.sh('kill -9 $(ps -o ppid= -p $(tlxc-info -n c1 -pH)); tlxc-destroy -f -n c1');
    t.is(await world.sh(left), '');
  },
);

traced('stop opens nothing of the container', async (t) => {
  const world = await makeWorld(t);
  await createContainer(world, 'c1', 'u2');
  const rootfs = join(world.lxcpath, 'c1/rootfs');
  for (const words of ['-k', '-t 1']) {
    await world.sh('tlxc-start -n c1');
    const monitor = await world.sh(`pgrep -f '^.tlxc monitor. ${world.lxcpath} c1'`);
    const trace = join(world.dir, 'trace');
    const tracer = world.spawn(
      'strace',
      '-f',
      '-o',
      `${trace}.monitor`,
      '-e',
      'trace=%file',
      '-p',
      monitor.trim(),
    );
    await world.sh(`strace -f -o ${trace} -e trace=%file tlxc-stop -n c1 ${words}`);
    tracer.stdin.end();
    const opened = readFileSync(trace, 'utf8') + readFileSync(`${trace}.monitor`, 'utf8');
    t.regex(opened, /openat/);
    t.deepEqual(
      opened.split('\n').filter((line) => line.includes(rootfs) || /\/proc\/\d+\/(root|cwd|fd)/.test(line)),
      [],
    );
  }
});
