import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

/** The configuration of c1 with further lines, outside of its directory. */
function another(world: World, lines: readonly string[]): string {
  const file = join(world.dir, 'other.conf');
  const config = readFileSync(join(world.lxcpath, 'c1', 'config'), 'utf8');
  writeFileSync(file, [config, ...lines, ''].join('\n'));
  return file;
}

rooted('tlxc-stop --rcfile sends the signals named there, and a restart does not undo it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { config: ['tlxc.restart = always'] });
  const script =
    "trap 'exit 0' USR2; trap 'reboot -f' HUP; trap '' USR1 TERM; : > /dev/listens; while :; do sleep 1 & wait $!; done";
  const listens = "'exec:test -e /dev/listens'";
  await world.sh(`tlxc-start -n c1 --wait=${listens} -- /bin/sh -c "${script}"`);
  const file = another(world, ['lxc.signal.halt = SIGUSR2', 'lxc.signal.reboot = SIGHUP']);
  const init = await world.sh('tlxc-info -n c1 -pH');
  t.is((await world.run('tlxc-stop', '-n', 'c1', '--rcfile', file, '-r', '-t', '20')).code, 0);
  t.not(await world.sh('tlxc-info -n c1 -pH'), init);
  await world.sh(`tlxc-wait -n c1 --for=${listens} -t 60`);
  const { code, stderr } = await world.run('tlxc-stop', '-n', 'c1', '--rcfile', file, '--nokill', '-t', '20');
  t.is(code, 0, stderr);
  t.regex(await world.sh('tlxc-info -n c1'), /^State: +STOPPED$/m);
});

rooted('tlxc-copy and tlxc-snapshot --rcfile keep the settings that stand there', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  const file = another(world, ['lxc.environment = FROM=elsewhere']);
  t.is((await world.run('tlxc-copy', '-n', 'c1', '-N', 'c2', '--rcfile', file)).stderr, '');
  t.is((await world.run('tlxc-snapshot', '-n', 'c1', '--rcfile', file)).stderr, '');
  for (const dir of ['c2', 'c1/snaps/snap0']) {
    const text = readFileSync(join(world.lxcpath, dir, 'config'), 'utf8');
    t.regex(text, /^lxc\.environment = FROM=elsewhere$/m);
    t.true(text.includes(`${dir}/rootfs`), text);
    t.true(existsSync(join(world.lxcpath, dir, 'rootfs/bin/busybox')));
  }
  t.notRegex(readFileSync(join(world.lxcpath, 'c1/config'), 'utf8'), /FROM/);
  const unknown = await world.run('tlxc-copy', '-n', 'nobody', '-N', 'c3', '--rcfile', file);
  t.is(unknown.stderr, '', 'a configuration is all that it takes, as in LXC');
  t.true(existsSync(join(world.lxcpath, 'c3/rootfs/bin/busybox')));
});

rooted('tlxc-destroy --rcfile runs the hooks named there, and needs no other configuration', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  const [seen, hook] = [join(world.dir, 'seen'), join(world.dir, 'hook')];
  writeFileSync(hook, `#!/bin/sh\necho "$LXC_NAME" > ${seen}\n`, { mode: 0o755 });
  const file = another(world, [`lxc.hook.destroy = ${hook}`]);
  writeFileSync(join(world.lxcpath, 'c1/config'), 'lxc.bogus = 3\n');
  t.is((await world.run('tlxc-destroy', '-n', 'c1')).code, 1);
  t.is((await world.run('tlxc-destroy', '-n', 'c1', '--rcfile', file)).stderr, '');
  t.is(readFileSync(seen, 'utf8'), 'c1\n');
  t.false(existsSync(join(world.lxcpath, 'c1')));
  t.is((await world.run('tlxc-destroy', '-n', 'c1', '--rcfile', file)).code, 1);
});

rooted('tlxc-destroy --rcfile takes no directory and no volume that may be another one’s', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  const file = another(world, []);
  const destroy = (name: string) => world.run('tlxc-destroy', '-n', name, '--rcfile', file);
  mkdirSync(join(world.lxcpath, 'alice'));
  writeFileSync(join(world.lxcpath, 'alice/letter'), 'of mine');
  const alice = await destroy('alice');
  t.is(alice.code, 1);
  t.regex(
    alice.stderr,
    /alice is no container's: it has no config, nor the root filesystem that \S+other\.conf names/,
  );
  t.is(readFileSync(join(world.lxcpath, 'alice/letter'), 'utf8'), 'of mine');
  writeFileSync(file, 'lxc.rootfs.path = lvm:/dev/vg/somebody\n');
  const volume = await destroy('c1');
  t.is(volume.code, 1);
  t.regex(volume.stderr, /names the volume lvm:\/dev\/vg\/somebody, which nothing says is of c1/);
  t.true(existsSync(join(world.lxcpath, 'c1/rootfs/bin/busybox')));
  renameSync(join(world.lxcpath, 'c1/config'), file);
  const bare = await destroy('c1');
  t.is(bare.code, 0);
  t.regex(bare.stderr, /warning: \S+c1 has no config of its own: all of it goes/);
  t.false(existsSync(join(world.lxcpath, 'c1')));
});
