/** What a root filesystem is made of comes out of an archive as GNU tar, called by hand, gives it, and as it went in. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { unpack } from '../../src/image/unpack.ts';
import { requires } from '../rig/requires.ts';

const test = requires('root', 'attributes');

/** Everything that may be in a root filesystem, or was lost by some unpacker. */
const TREE = String.raw`
umask 022
mkdir -p usr/bin etc srv/group srv/closed tmp home/user 'odd dir' var
echo ping > usr/bin/ping; setcap cap_net_raw+ep usr/bin/ping
echo sudo > usr/bin/sudo; chmod 4755 usr/bin/sudo
echo chage > usr/bin/chage; chown 0:42 usr/bin/chage; chmod 2755 usr/bin/chage
echo mine > home/user/mine; chown -R 1000:4000000 home/user; chmod 640 home/user/mine
chown 7:8 srv/group; chmod 2775 srv/group; chmod 1777 tmp; chmod 0555 srv/closed
ln usr/bin/chage usr/bin/chage-alias; ln -s /usr/bin/sudo etc/absolute; ln -s ../../../../etc/passwd etc/climbing
ln etc/absolute etc/link-of-a-link; chown -h 12:13 etc/climbing
mkfifo var/pipe; mknod srv/null c 1 3; mknod srv/loop b 7 0
truncate -s 5M var/sparse; printf x | dd of=var/sparse bs=1 seek=3000000 conv=notrunc status=none
setfattr -n user.comment -v 'one line' home/user/mine; setfattr -n user.binary -v 0x00ff80 usr
setfacl -m u:1001:rw,g:1002:r home/user/mine; setfacl -d -m u:1003:rwx srv/group
printf a > "$(printf 'etc/\377latin')"; printf b > 'odd dir/x\x2dy'; printf c > "$(printf 'etc/new\nline')"; printf d > ' trailing '
printf e > "etc/$(printf 'n%.0s' $(seq 200))"
head -c 300000 /dev/urandom > var/random
chmod 0000 etc/link-of-a-link 2>/dev/null || true; chmod 0700 home/user
find . -depth -exec touch -h -d '2021-03-04 05:06:07.123456789Z' {} +
touch -h -d '1999-12-31 23:59:59Z' etc/climbing srv
`;

/** A line a member: all but inode numbers, with what is in it, its attributes and lists. */
const LISTING = String.raw`
export LC_ALL=C
find . -printf '%p\t%y\t%m\t%U:%G\t%n\t%T@\t%l\n' | sort
find . -type f -printf '%p\t%s\t%b\n' | sort
find . -type f -print0 | sort -z | xargs -0 sha256sum
find . \( -type b -o -type c \) -print0 | sort -z | xargs -0 stat -c '%n %t:%T'
find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex
`;

const run = (directory: string, script: string, ...words: readonly string[]): string =>
  execFileSync('sh', ['-euc', script, 'sh', ...words], {
    cwd: directory,
    encoding: 'latin1',
    maxBuffer: 1e8,
  });

function crafted(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-fidelity-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  for (const name of ['tree', 'work', 'reference']) mkdirSync(join(dir, name));
  run(join(dir, 'tree'), TREE);
  return { dir, archive: join(dir, 'archive'), listed: run(join(dir, 'tree'), LISTING) };
}

const PACKERS: Readonly<Record<string, string>> = {
  'pax, xz': 'tar --acls --xattrs --xattrs-include=* --sparse --format=posix -c . | xz -T0 -0 > "$1"',
  'pax, zstd': 'tar --acls --xattrs --xattrs-include=* --sparse --format=posix -c . | zstd -q > "$1"',
};

for (const [what, pack] of Object.entries(PACKERS)) {
  test(`a tar archive, ${what}`, async (t) => {
    const { dir, archive, listed } = crafted(t);
    run(join(dir, 'tree'), pack, archive);
    run(join(dir, 'reference'), 'tar --numeric-owner --acls --xattrs --xattrs-include=* -xpf "$1"', archive);
    const { rootfs, devices } = await unpack({
      archive,
      work: join(dir, 'work'),
      excludes: [],
      privileged: true,
    });
    const ours = run(rootfs, LISTING);
    t.deepEqual(ours.split('\n'), run(join(dir, 'reference'), LISTING).split('\n'));
    t.deepEqual(ours.split('\n'), listed.split('\n'));
    t.deepEqual([...devices].sort(), ['./srv/loop', './srv/null']);
  });
}

test('an old GNU archive with sparse files and long names', async (t) => {
  const { dir, archive } = crafted(t);
  run(join(dir, 'tree'), 'tar --format=gnu --sparse -cf "$1" .', archive);
  run(join(dir, 'reference'), 'tar --numeric-owner -xpf "$1"', archive);
  const { rootfs } = await unpack({ archive, work: join(dir, 'work'), excludes: [], privileged: true });
  t.deepEqual(run(rootfs, LISTING).split('\n'), run(join(dir, 'reference'), LISTING).split('\n'));
});

const squashfs = requires('root', 'attributes', 'squashfs');

/** What squashfs has no room for: fractions of seconds, access control lists, holes that are smaller than a block of its. */
const asSquashfs = (text: string): string[] =>
  text
    .replace(/^system\.posix_acl.*\n/gm, '')
    .replace(/^# file: .*\n\n/gm, '')
    .replace(/^(\.\/.*\t\d+)\t\d+$/gm, '$1')
    .replace(/\.\d{10}(?=\t)/g, '')
    .split('\n');

squashfs('a squashfs image', async (t) => {
  const { dir, archive, listed } = crafted(t);
  run(dir, 'mksquashfs tree "$1" -comp zstd -quiet -no-progress 2>/dev/null', archive);
  const { rootfs, devices } = await unpack({
    archive,
    work: join(dir, 'work'),
    excludes: [],
    privileged: true,
  });
  t.deepEqual(asSquashfs(run(rootfs, LISTING)), asSquashfs(listed));
  t.deepEqual([...devices].sort(), ['./srv/loop', './srv/null']);
  t.true(statSync(join(rootfs, 'var/sparse')).blocks < 1000);
});

squashfs(
  'a squashfs image: what is left out, what is refused, what means something to the host',
  async (t) => {
    const { dir, archive } = crafted(t);
    const pack = 'rm -f "$1"; mksquashfs tree "$1" -quiet -no-progress >/dev/null 2>&1';
    const attempt = (over: { privileged?: boolean; excludes?: readonly string[] } = {}) => {
      rmSync(join(dir, 'work'), { recursive: true });
      mkdirSync(join(dir, 'work'));
      return unpack({ archive, work: join(dir, 'work'), excludes: [], privileged: false, ...over });
    };
    run(dir, pack, archive);
    await t.throwsAsync(attempt(), { message: /\.\/srv\/(loop|null) is a device node/ });
    run(
      dir,
      `rm -r tree/srv/*; mkdir tree/dev; mknod tree/dev/null c 1 3; setfattr -n trusted.x -v y tree/usr
    touch 'tree/srv/[a]' tree/srv/a; ${pack}`,
      archive,
    );
    const { rootfs } = await attempt({ excludes: ['./srv/[a]'] });
    t.is(run(rootfs, 'ls dev srv; getfattr -d -m trusted usr'), 'dev:\n\nsrv:\na\n');
    const whole = readFileSync(archive);
    writeFileSync(archive, whole.subarray(0, whole.length / 2));
    await t.throwsAsync(attempt(), { message: /could not be (read|unpacked)/ });
  },
);
