import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
    "trap 'exit 0' USR2; trap 'reboot -f' HUP; trap '' USR1 TERM; while :; do sleep 1 & wait $!; done";
  await world.sh(`tlxc-start -n c1 -- /bin/sh -c "${script}"`);
  const file = another(world, ['lxc.signal.halt = SIGUSR2', 'lxc.signal.reboot = SIGHUP']);
  const init = await world.sh('tlxc-info -n c1 -pH');
  t.is((await world.run('tlxc-stop', '-n', 'c1', '--rcfile', file, '-r', '-t', '20')).code, 0);
  t.not(await world.sh('tlxc-info -n c1 -pH'), init);
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
  mkdirSync(join(world.lxcpath, 'c1'));
  t.is((await world.run('tlxc-destroy', '-n', 'c1', '--rcfile', file)).code, 0);
  t.is((await world.run('tlxc-destroy', '-n', 'c1', '--rcfile', file)).code, 1);
});
