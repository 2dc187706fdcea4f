/** A disk that is full at ten points of a copy, a snapshot, a restore and an import: each is refused in words, and nothing has happened. */
import type { ExecutionContext } from 'ava';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const test = requires('root', 'userns', 'idmap', 'overlay', 'busybox').serial;

const DISK_KIB = 64 * 1024;
/** KiB that are left: from less than a directory takes to just short of what is copied. */
const ROOMS = [0, 4, 8, 16, 64, 512, 2048, 4096, 6144, 8000];

const COMMANDS = [
  ['tlxc-copy', '-n', 'u1', '-N', 'u2'],
  ['tlxc-snapshot', '-n', 'u1'],
  ['tlxc-snapshot', '-n', 'u1', '-r', 'snap0'],
  ['tlxc-snapshot', '-n', 'u1', '-r', 'snap0', '-N', 'u3'],
  ['tlxc-import', '-N', 'u4', 'u1.tar'],
] as const;

/** What is made somewhere before it is seen; a tmpfs of the world's is not seen here. */
const HIDDEN = "find lxc -maxdepth 2 -name '.tlxc*' -o -maxdepth 2 -path '*/.trash/*'";

/** u1 is what it was, its one snapshot too, and nothing else is there. */
async function checkUntouched(t: ExecutionContext, world: World, when: string): Promise<void> {
  t.is(await world.sh('tlxc-ls -1'), 'u1\n', when);
  t.is(await world.sh('ls lxc/u1/snaps'), 'snap0\n', when);
  t.is(await world.sh(HIDDEN), '', when);
  t.is(await world.sh('find lxc/u1 -name noise -exec cmp noise {} \\; -print | wc -l'), '2\n', when);
}

for (const backend of ['dir', 'overlay']) {
  test(`${backend}: full at ${ROOMS.length} points, and with room all of it succeeds`, async (t) => {
    const world = await makeWorld(t);
    t.teardown(() => world.sh('umount lxc 2>/dev/null || true'));
    await world.sh(`mount -t tmpfs -o size=${DISK_KIB}k,mode=711 tmpfs lxc; head -c 8M /dev/urandom > noise; touch seed
      tlxc-create -n u1 -f seed -t busybox -B ${backend}
      cp noise lxc/u1/${backend === 'dir' ? 'rootfs' : 'overlay/delta'}/noise; tlxc-snapshot -n u1; tlxc-export -n u1 u1.tar`);
    for (const room of ROOMS) {
      await world.sh(
        `dd if=/dev/zero of=lxc/filler bs=1K 2>/dev/null || true; truncate -s -${room}K lxc/filler`,
      );
      for (const [command, ...words] of COMMANDS) {
        const when = `${room} KiB: ${command} ${words.join(' ')}`;
        const { code, stderr } = await world.run(command, ...words);
        t.is(code, 1, when);
        t.regex(stderr, /no space left on device/i, when);
        t.notRegex(stderr, /internal error|\n {4}at /, when);
      }
      await world.sh('rm lxc/filler');
      await checkUntouched(t, world, `${room} KiB`);
    }
    for (const [command, ...words] of COMMANDS) {
      const { code, stderr } = await world.run(command, ...words);
      t.is(code, 0, stderr);
    }
    await world.sh('tlxc-ls -1 | while read name; do tlxc-destroy -s -n $name; done; umount lxc');
  });
}
