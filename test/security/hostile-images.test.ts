/** Images made to attack the host that creates a container from them: by their members, their metadata, their size. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Outcome } from '../rig/process.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap');

/** Each writes the archive $1, in a directory that has etc/ and sbin/init; $2 is a directory of the host. */
const REFUSED: Readonly<Record<string, string>> = {
  'a long path that climbs': `tar -P --format=pax --transform "s,^etc/name,$(printf '../%.0s' $(seq 60))$2/canary," -cf $1 .  etc/name`,
  'a long absolute path': `tar -P --format=gnu --transform "s,^etc/name,$2/$(printf 'd/%.0s' $(seq 80))canary," -cf $1 etc/name`,
  'a file through a link':
    'ln -s $2 out; tar -cf $1 out; rm out; mkdir out; touch out/canary; tar -rf $1 out/canary',
  'a file through a chain of links':
    'ln -s b/.. a; ln -s $2 b; tar -cf $1 b a; rm a; mkdir a; touch a/canary; tar --transform "s,a/canary,b/canary," -rf $1 a/canary',
  'a hard link out': 'touch one; ln one two; tar -P --transform "flags=h;s,^one,$2/canary," -cf $1 one two',
  'four exbibytes of nothing': 'truncate -s 4E big || truncate -s 15T big; tar -S -cf $1 big',
  'a bomb': 'head -c 200M /dev/zero > big; tar -c big | xz -T0 -0 > $1',
  'an archive that ends early': 'head -c 100K /dev/urandom > big; tar -c . | xz | head -c 60000 > $1',
  'a disk': 'mknod disk b 7 0; tar -cf $1 disk',
  'memory, as a character device': 'mkdir srv; mknod srv/mem c 1 1; tar -cf $1 srv',
};

/** Odd, and harmless: created, with nothing run or made outside. */
const TAKEN: Readonly<Record<string, string>> = {
  'names like options': 'touch -- --checkpoint-action=exec=touch$2/canary --to-command=sh -rf; tar -cf $1 .',
  'a name like a line of the listing': `touch "$(printf 'x\\n-rw-r--r-- 0/0 0 2026-01-01 00:00:00 ..')"; tar -cf $1 .`,
  'links that lead out': 'ln -s $2/canary link; ln -s ../../../../$2 etc/climb; tar -cf $1 .',
};

/** Metadata: each fills the directory that becomes the archive. */
const METADATA: Readonly<Record<string, string>> = {
  'a hook': 'echo "lxc.hook.pre-start = /usr/bin/touch $2/canary" > config',
  'a mount': 'echo "lxc.mount.entry = / mnt none bind 0 0" > config',
  'the host as root': 'echo "lxc.rootfs.path = dir:/" > config',
  'a file of the host': 'echo "lxc.include = /etc/passwd" > config',
  'the privileges of LXC': 'echo "lxc.include = LXC_TEMPLATE_CONFIG/privileged.conf" > config',
  'a link for a configuration': 'ln -s /etc/shadow config',
  'two million bytes': 'head -c 2000000 /dev/zero | tr "\\\\0" "#" > config',
  'a hundred members': 'for i in $(seq 100); do touch f$i; done; echo "lxc.arch = x86_64" > config',
};

async function tryImage(
  world: World,
  make: string,
  meta = '',
): Promise<Outcome & { readonly left: readonly string[] }> {
  const [work, archive, outside] = ['work', 'rootfs.tar', 'outside'].map((name) => join(world.dir, name)) as [
    string,
    string,
    string,
  ];
  await world.sh(
    `rm -rf ${work}; mkdir -p ${work}/etc ${work}/sbin ${outside}; touch ${work}/sbin/init ${work}/etc/name`,
  );
  await world.sh(`cd ${work}; set -- ${archive} ${outside}; ${make}`);
  const metadata = join(world.dir, 'meta.tar');
  if (meta !== '') {
    await world.sh(
      `rm -rf ${work}; mkdir ${work}; cd ${work}; set -- x ${outside}; ${meta}; tar -cf ${metadata} .`,
    );
  }
  const words = [
    '-n',
    'c1',
    '-t',
    'local',
    '-B',
    'dir',
    '--',
    '-f',
    archive,
    ...(meta === '' ? [] : ['-m', metadata]),
  ];
  const outcome = await world.runWith({ timeout: 20_000 }, 'tlxc-create', ...words);
  return { ...outcome, left: readdirSync(world.lxcpath) };
}

function checkOutside(t: ExecutionContext, world: World, what: string): void {
  t.deepEqual(readdirSync(join(world.dir, 'outside')), [], what);
  for (const name of ['canary', 'etc/canary']) t.false(existsSync(`/${name}`), what);
}

rooted('members: refused with a reason, nothing is left; what is only odd is created', async (t) => {
  const world = await makeWorld(t);
  for (const [what, make] of Object.entries(REFUSED)) {
    const { code, stderr, left } = await tryImage(world, make);
    t.is(code, 1, what);
    t.regex(stderr, /^tlxc-create: c1: \S/, what);
    t.deepEqual(left, [], what);
    checkOutside(t, world, what);
  }
  t.deepEqual(readdirSync(join(world.cacheDir, 'images')), []);
  for (const [what, make] of Object.entries(TAKEN)) {
    const { code, stderr } = await tryImage(world, make);
    t.is(code, 0, `${what}: ${stderr}`);
    checkOutside(t, world, what);
    await world.sh('tlxc-destroy -n c1');
  }
});

rooted('metadata: what an image may not say is refused, and nothing of it runs', async (t) => {
  const world = await makeWorld(t);
  mkdirSync(join(world.dir, 'outside'));
  for (const [what, meta] of Object.entries(METADATA)) {
    const { code, stderr, left } = await tryImage(world, 'tar -cf $1 .', meta);
    t.is(code, 1, what);
    t.regex(stderr, /^tlxc-create: c1: .*meta\.tar/, what);
    t.notRegex(stderr, /root:/, what);
    t.deepEqual(left, [], what);
    checkOutside(t, world, what);
  }
});

rooted('no set-user-id program of an image is for the users of the host', async (t) => {
  const world = await makeWorld(t);
  const made = await tryImage(world, 'cp /bin/true su; chmod 4755 su; tar -cf $1 .');
  t.is(made.code, 0, made.stderr);
  // By way of a shell: setpriv itself still has root's capabilities when it executes a program.
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'sh', '-c'] as const;
  for (const place of [`${world.lxcpath}/c1/rootfs`, `${world.cacheDir}/images/*/rootfs`]) {
    const su = (await world.sh(`ls -d ${place}/su`)).trim();
    t.regex(await world.sh(`stat -c %A ${su}`), /^-rws/, 'it was unpacked as it is');
    t.regex((await world.run('setpriv', ...nobody, su)).stderr, /Permission denied/i, su);
  }
});
