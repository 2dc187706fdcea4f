/** A package that was made for another machine says so, and what to do. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot } from '../../src/package-root.ts';

/** e_machine */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };
const OTHER = process.arch === 'arm64' ? 'x64' : 'arm64';

/** The package, without sources, with an addon that is nothing but the header of one for `arch`. */
function packageFor(arch: string): string {
  const root = mkdtempSync(join(tmpdir(), 'tlxc-package-'));
  for (const name of ['bin', 'config'])
    cpSync(join(packageRoot, name), join(root, name), { recursive: true });
  mkdirSync(join(root, 'dist'));
  for (const name of ['dist/tlxc-net.cjs', 'package.json'])
    copyFileSync(join(packageRoot, name), join(root, name));
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(MACHINES[arch] ?? 0, 18);
  mkdirSync(join(root, 'native/build/Release'), { recursive: true });
  writeFileSync(join(root, 'native/build/Release/tlxc.node'), header);
  return root;
}

const run = (root: string) =>
  spawnSync(process.execPath, [join(root, 'bin/tlxc-net.js'), 'status'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: root, TLXC_CONF: join(root, 'tlxc.conf') },
  });

test('without native code for this machine it says for which there is, and how to build it', (t) => {
  const root = packageFor(OTHER);
  t.teardown(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'tlxc.conf'), '');
  const { status, stderr } = run(root);
  t.is(status, 1);
  t.regex(stderr, new RegExp(`no native code for linux-${process.arch}, only for linux-${OTHER}\n`));
  t.regex(
    stderr,
    / {2}hint: install the package for \w+, or build it here, from a clone: apt-get install .*npm run build/,
  );
});

test('what a package brings for this machine beside another is taken', (t) => {
  const root = packageFor(OTHER);
  t.teardown(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'tlxc.conf'), 'tlxc.bridge.name = nosuchbridge\n');
  cpSync(
    join(packageRoot, 'native/build/Release/tlxc.node'),
    join(root, `native/prebuilds/linux-${process.arch}/tlxc.node`),
  );
  const { stderr } = run(root);
  t.notRegex(stderr, /native code/);
});
