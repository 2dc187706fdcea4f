/** A tree of a few files is copied without cp, and comes out as cp's. */
import type { ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyTree } from '../../src/host/trees.ts';
import { native } from '../../src/native/binding.ts';
import { requires } from '../rig/requires.ts';

const byRoot = requires('root');

/** Not in memory: what the kernel tells of holes and of attributes differs there. */
function scratch(t: ExecutionContext): string {
  const dir = mkdtempSync('/var/tmp/tlxc-small-copy-');
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

const sh = (cwd: string, line: string): string =>
  execFileSync('bash', ['-euc', line], { cwd, encoding: 'utf8', maxBuffer: 2 ** 24 });

/** All that a copy has to keep, nanoseconds and attributes of links included. */
const seen = (tree: string): string =>
  sh(
    tree,
    `export LC_ALL=C
    find . -printf '%p %y %m %U:%G %T@ %l %n\\n' | sort
    find . -type f -size -8M -exec sha256sum {} + | sort
    find . ! -type d -printf '%p %s %b\\n' | sort
    find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex --absolute-names`,
  );

const PLAIN = `
  mkdir -p etc/deep/er 'odd name'
  echo b1 > etc/hostname; : > empty; head -c 300000 /dev/urandom > bytes; printf x > 'odd name/new
line'
  chown 1000123:1000456 etc etc/hostname; chmod 4751 etc/hostname; chmod 1777 etc/deep; chmod 0 empty; chmod 2750 etc
  ln -s ../bytes etc/link; ln -s /nowhere dangling; chown -h 5:6 dangling
  setfattr -n trusted.overlay.opaque -v y etc/deep; setfattr -n user.note -v 0x00ff00 bytes
  setfacl -m u:77:rwx,m::r-x bytes; setfacl -d -m g:88:r etc/deep; setcap cap_net_raw+ep bytes
  mknod gone c 0 0
  touch -h -d '2001-02-03 04:05:06.789012345' bytes dangling gone etc/deep etc; touch -d '1969-12-31 23:00:00.5' empty`;

/** Copies a tree in three ways: as TLXC does, as its addon alone, as cp. */
async function threeWays(t: ExecutionContext, make: string) {
  const dir = scratch(t);
  for (const name of ['from', 'to', 'alone', 'cp']) mkdirSync(join(dir, name));
  sh(join(dir, 'from'), make);
  sh(dir, 'cp --archive --one-file-system -- from/. cp');
  await copyTree(join(dir, 'from'), join(dir, 'to'));
  t.is(seen(join(dir, 'to')), seen(join(dir, 'cp')));
  return { dir, isSmall: native().copySmallTree({ from: join(dir, 'from'), to: join(dir, 'alone') }) };
}

byRoot(
  'owners, modes, times, links, attributes, capabilities and whiteouts are as cp has them',
  async (t) => {
    const { dir, isSmall } = await threeWays(
      t,
      `${PLAIN}; touch -d 2002-01-01T00:00:00Z .; chown 7:8 .; chmod 711 .`,
    );
    t.true(isSmall);
    t.is(seen(join(dir, 'alone')), seen(join(dir, 'cp')));
    t.regex(seen(join(dir, 'alone')), /^\. d 711 7:8 1009843200\.0/);
  },
);

for (const [what, make] of [
  ['a hard link', 'echo x > a; ln a b'],
  ['a file with holes', 'truncate -s 1000000 a'],
  ['a pipe', 'mkfifo a'],
  ['a device', 'mknod a c 1 3'],
  ['many files', 'touch {1..200}'],
  ['much in them', 'head -c 2M /dev/urandom > a'],
  ['attributes of a link', 'ln -s x a; setfattr -h -n trusted.note -v y a'],
])
  byRoot(`${what}: cp copies it`, async (t) => {
    const { dir, isSmall } = await threeWays(t, make ?? '');
    t.false(isSmall);
    t.is(sh(dir, 'ls -A alone'), '');
  });

byRoot('where it cannot all be kept, cp does what it can over what is there already', (t) => {
  const dir = scratch(t);
  for (const name of ['from', 'to']) mkdirSync(join(dir, name));
  sh(
    join(dir, 'from'),
    'mkdir a; for name in a/x a/y; do echo $name > $name; setfattr -n user.note -v 1 $name; done; ln -s x a/z',
  );
  // ramfs has no attributes.
  const copied = sh(
    dir,
    `unshare --mount bash -euc 'mount -t ramfs ramfs to; node --import=${import.meta.resolve('../../.ci/typescript.js')} \\
      --eval "import(process.argv[1]).then(({ copyTree }) => copyTree(process.argv[2], process.argv[3]))" \\
      ${import.meta.resolve('../../src/host/trees.ts')} ${dir}/from ${dir}/to; cd to; find . -printf "%p %y %m %l\\n"; cat a/*' `,
  );
  const there = sh(join(dir, 'from'), 'find . -printf "%p %y %m %l\\n"; cat a/*');
  t.deepEqual(copied.split('\n').sort(), there.split('\n').sort());
});
