/** A plain user's disk that is full wherever something is made on it: refused in words, nothing has happened, and what takes no room goes on. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { compressFile } from '../../src/image/archive.ts';
import { publishedMetadata, publishImage } from '../../src/image/publish.ts';
import { buildImage, writeLayout } from '../image/oci/images.ts';
import { busyboxTar } from '../rig/busybox.ts';
import { servePublished } from '../rig/images.ts';
import { requires } from '../rig/requires.ts';
import { makeUser, USER, type User } from '../rig/user.ts';

const test = requires('root', 'userns', 'overlay', 'users', 'busybox').serial;

const DISK_KIB = 64 * 1024;
/** KiB that are left: nothing, what the first files take, and half of what is made. TLXC_TEST_ROOMS=0,4,8 … tries others. */
const ROOMS = (process.env['TLXC_TEST_ROOMS'] ?? '0,24,4096').split(',').map(Number);

/** Each makes more than 8 MiB: an image, or a container with what u1 has written. */
const COMMANDS = [
  'tlxc-create -n u2 -f seed -t local -- -f ../big.tar',
  'tlxc-create -n u2 -f seed -t download -- -d small -r one -a amd64 --server SERVER',
  'tlxc-create -n u2 -f seed -t oci -- -u oci:../layout:big',
  'tlxc-create -n u2 -f seed -t debian -B dir -- -r bookworm -a amd64',
  'tlxc-image pull --server SERVER small one amd64',
  'tlxc-image import ../big.tar --alias big',
  'tlxc-copy -n u1 -N u2',
  'tlxc-copy -n u1 -N u2 -s',
  'tlxc-copy -n u1 -e -N u2 -- true',
  'tlxc-snapshot -n u1',
  'tlxc-snapshot -n u1 -r snap0',
  'tlxc-snapshot -n u1 -r snap0 -N u2',
  'tlxc-export -n u1 again.tar',
  'tlxc-import -N u2 ../u1.tar',
];

/** Stands in for mmdebstrap, whose place is told as its last word but for the mirrors. */
const BUILDER = `#!/bin/sh
for word in "$@"; do case $word in */rootfs) mkdir -p $word/etc $word/var/lib $word/var/cache/apt; cp NOISE $word/noise || exit;; esac; done
`;

/** Beside the disk: what is imported, a server of images, an OCI layout. The server's URL. */
async function supply(t: ExecutionContext, { world }: User): Promise<string> {
  await world.sh('mkdir tree; head -c 9M /dev/urandom > noise; cp noise tree/noise');
  writeFileSync(join(world.dir, 'busybox.tar'), busyboxTar());
  await world.sh('tar -xf busybox.tar -C tree; tar -C tree -cf big.tar .');
  writeFileSync(join(world.dir, 'bin/mmdebstrap'), BUILDER.replace('NOISE', join(world.dir, 'noise')), {
    mode: 0o755,
  });
  const image = buildImage({
    layers: [readFileSync(join(world.dir, 'big.tar'))],
    config: { Entrypoint: ['/bin/sleep', '60'] },
  });
  mkdirSync(join(world.dir, 'layout'));
  writeLayout(join(world.dir, 'layout'), { big: image });
  const root = join(world.dir, 'published');
  await publishImage({
    ...{ root, dist: 'small', release: 'one', arch: 'amd64', variant: 'default', build: '20260101_05:24' },
    writeRootfs: (file) => compressFile(join(world.dir, 'big.tar'), file, 1),
    metadata: publishedMetadata('amd64', ''),
  });
  return servePublished(t, world, root);
}

const OWN = '.local/share/tlxc';
const START_STOP = 'tlxc-start -n u2 2> /dev/null && tlxc-stop -k -n u2';

/** Every file on the disk but the locks, with its owner and size, what is mounted, and what the user is told of both. */
const state = async (user: User): Promise<string> =>
  (await user.world.sh(
    `cat /proc/self/mounts; find ${user.home} '(' -path '*/run/tlxc' -o -name downloads -empty ')' -prune -o -type d -printf '%P %m %U:%G\\n' -o -printf '%P %y%m %U:%G %s\\n' | sort`,
  )) + (await user.sh('tlxc-ls -1; tlxc-image list --json'));

/** Fills the disk but for so many KiB. */
const fill = (user: User, room: number): Promise<string> =>
  user.sh(`dd if=/dev/zero of=filler bs=1K 2>/dev/null || true; truncate -s -${room}K filler`);

async function refused(t: ExecutionContext, user: User, line: string, when: string): Promise<void> {
  const { code, stderr } = await user.run('sh', '-c', line);
  t.is(code, 1, when);
  t.regex(stderr, /no space left on device/i, when);
  t.notRegex(stderr, /internal error|\n {4}at /, when);
}

test(`full at ${COMMANDS.length} points; with room each of them succeeds`, async (t) => {
  const user = await makeUser(t);
  const { world, home } = user;
  t.teardown(() => world.sh(`umount ${home}`));
  await world.sh(
    `mount -t tmpfs -o size=${DISK_KIB}k,mode=700,uid=${USER.uid},gid=${USER.uid} tmpfs ${home}`,
  );
  const server = await supply(t, user);
  const commands = COMMANDS.map((line) => line.replace('SERVER', server));
  await user.sh(`echo 'lxc.net.0.type = empty' > seed; tlxc-create -n u1 -f seed -t busybox
    tlxc-file push -n u1 ../noise /noise; tlxc-snapshot -n u1; tlxc-export -n u1 - > u1.tar`);
  await world.sh('mv home/u1.tar .');
  const before = await state(user);
  for (const room of ROOMS) {
    await fill(user, room);
    for (const line of commands) await refused(t, user, line, `${room} KiB: ${line}`);
    await user.sh('rm filler');
    t.is(await state(user), before, `${room} KiB`);
  }
  for (const line of commands) {
    await user.sh(`${line}; if test -e ${OWN}/u2; then ${START_STOP}; tlxc-destroy -n u2; fi`);
  }
  await user.sh(
    `dd if=/dev/zero of=filler bs=1K 2>/dev/null || true; tlxc-destroy -s -n u1; tlxc-image prune --all; rm filler`,
  );
  t.is(await user.sh('tlxc-ls -1; tlxc-image list --json'), '[]\n');
});
