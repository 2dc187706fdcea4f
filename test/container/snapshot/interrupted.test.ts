/** kill -9 at any moment: a snapshot is whole or not there, a container is what it was or what it goes back to. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { killAfter, moments } from '../../rig/moments.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const test = requires('root').serial;
const FILES = 200;

/** A directory container whose files all have one content. */
function fill(world: World, content: string): void {
  const rootfs = join(world.lxcpath, 'u1/rootfs');
  mkdirSync(rootfs, { recursive: true });
  for (let n = 0; n < FILES; n++) writeFileSync(join(rootfs, `file${n}`), content);
  const path = `lxc.rootfs.path = dir:${rootfs}\nlxc.net.0.type = empty\n# ${content}\n`;
  writeFileSync(join(world.lxcpath, 'u1/config'), path);
}

/** The one content of all files, and of the configuration's last line; fails where there are two. */
function contentOf(...path: readonly string[]): readonly string[] {
  const rootfs = join(...path, 'rootfs');
  const files = readdirSync(rootfs).map((name) => readFileSync(join(rootfs, name), 'utf8'));
  const [, noted = ''] = /# (\w+)\n/.exec(readFileSync(join(...path, 'config'), 'utf8')) ?? [];
  return [...new Set([...files, noted])].concat(files.length === FILES ? [] : [`${files.length} files`]);
}

/** An empty .trash is nothing. */
const hidden = (...path: readonly string[]): readonly string[] =>
  readdirSync(join(...path)).filter(
    (name) => name.startsWith('.') && (name !== '.trash' || readdirSync(join(...path, name)).length > 0),
  );

test('a snapshot killed while it is taken', async (t) => {
  const world = await makeWorld(t);
  fill(world, 'first');
  const { milliseconds } = await world.run('tlxc-snapshot', 'u1');
  for (const moment of moments(t, 8)) {
    await killAfter(world, milliseconds * moment, 'tlxc-snapshot', 'u1');
    for (const name of readdirSync(join(world.lxcpath, 'u1/snaps')))
      t.deepEqual(contentOf(world.lxcpath, 'u1/snaps', name), ['first']);
  }
  await world.sh('tlxc-snapshot u1 && tlxc-snapshot u1 -d ALL');
  t.deepEqual([...hidden(world.lxcpath), ...hidden(world.lxcpath, 'u1')], []);
});

test('a container killed while it goes back', async (t) => {
  const world = await makeWorld(t);
  fill(world, 'first');
  await world.sh('tlxc-snapshot u1');
  const { milliseconds } = await world.run('tlxc-snapshot', 'u1', '-r', 'snap0');
  for (const moment of moments(t, 8)) {
    fill(world, 'second');
    await killAfter(world, milliseconds * moment, 'tlxc-snapshot', 'u1', '-r', 'snap0');
    // Any command that looks at the container completes it.
    await world.sh('tlxc-copy u1 -N u2 && tlxc-destroy u2');
    const content = contentOf(world.lxcpath, 'u1');
    t.true(['first', 'second'].includes(content.join()), content.join());
    t.deepEqual(hidden(world.lxcpath, 'u1'), []);
    t.deepEqual(contentOf(world.lxcpath, 'u1/snaps/snap0'), ['first']);
  }
  await world.sh('tlxc-snapshot u1 -r snap0');
  t.deepEqual(contentOf(world.lxcpath, 'u1'), ['first']);
  t.deepEqual([...hidden(world.lxcpath), ...hidden(world.lxcpath, 'u1')], []);
});

test('between its steps, too', async (t) => {
  const world = await makeWorld(t);
  fill(world, 'first');
  await world.sh('tlxc-snapshot u1');
  fill(world, 'second');
  // As it is left after the state was complete, and the first entry had gone to its place.
  await world.sh('cp -a lxc/u1/snaps/snap0 lxc/u1/.tlxc-restored; rm lxc/u1/.tlxc-restored/ts');
  await world.sh('sed -i s,snaps/snap0/,, lxc/u1/.tlxc-restored/config; rm -r lxc/u1/rootfs');
  await world.sh('mv lxc/u1/.tlxc-restored/rootfs lxc/u1/ && tlxc-snapshot u1');
  t.deepEqual(contentOf(world.lxcpath, 'u1'), ['first']);
  t.deepEqual(contentOf(world.lxcpath, 'u1/snaps/snap1'), ['first']);
  t.deepEqual(hidden(world.lxcpath, 'u1'), []);
});
