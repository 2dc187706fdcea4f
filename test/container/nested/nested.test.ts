import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../../src/package-root.ts';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

function write(world: World, container: string, path: string, text: string): void {
  const file = join(world.lxcpath, container, 'rootfs', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  if (text.startsWith('#!')) chmodSync(file, 0o755);
}

const says = (text: string): string => `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`;

/** A container in which this very tlxc is installed. */
function addWithTlxc(world: World, name: string): void {
  const places = {
    '/usr': 'usr',
    '/usr/lib': 'lib',
    '/usr/lib64': 'lib64',
    [packageRoot]: packageRoot.slice(1),
  };
  const config = Object.entries(places).map(
    ([from, to]) => `lxc.mount.entry = ${from} ${to} none bind,ro,create=dir 0 0`,
  );
  addBusybox(world, name, { config });
  write(
    world,
    name,
    'bin/tlxc-ls',
    `#!/bin/sh\nexec ${process.execPath} ${packageRoot}/bin/tlxc-ls.js "$@"\n`,
  );
}

rooted('containers in one that runs: what tlxc-ls says in it, deeper ones in its directories', async (t) => {
  const world = await makeWorld(t);
  addWithTlxc(world, 'outer');
  addBusybox(world, 'plain');
  write(
    world,
    'outer',
    'var/lib/tlxc/in1/config',
    'lxc.rootfs.path = dir:/var/lib/tlxc/in1/rootfs\nlxc.group = web\n',
  );
  write(world, 'outer', 'var/lib/tlxc/in1/rootfs/var/lib/tlxc/deep/config', '');
  write(world, 'outer', 'var/lib/tlxc/in2/config', 'lxc.start.auto = 1\n');
  await world.sh('tlxc-start -n outer; tlxc-start -n plain');
  const ls = (words: string) => world.sh(`tlxc-ls ${words}`);
  t.is(await ls('-1'), 'outer\nplain\n');
  t.is(await ls('-1 --nesting'), 'outer\nouter/in1\nouter/in1/deep\nouter/in2\nplain\n');
  t.is(await ls('-1 --nesting=1'), 'outer\nouter/in1\nouter/in2\nplain\n');
  t.is(await ls('-1 --nesting=0'), 'outer\nplain\n');
  t.is(await ls('-1 --nesting --running'), 'outer\nplain\n');
  t.is(await ls("-1 --nesting 'outer|in1'"), 'outer\nouter/in1\n');
  t.deepEqual((await ls('--nesting -F NAME,STATE,AUTOSTART,GROUPS')).split('\n'), [
    'NAME   STATE   AUTOSTART GROUPS ',
    'outer  RUNNING 0         -      ',
    '\\in1   STOPPED 0         web    ',
    ' \\deep STOPPED -         -      ',
    '\\in2   STOPPED 1         -      ',
    'plain  RUNNING 0         -      ',
    '',
  ]);
  const rows = JSON.parse(await ls('--nesting --json')) as { name: string; parents: string[] }[];
  t.deepEqual(rows.find(({ name }) => name === 'deep')?.parents, ['outer', 'in1']);
});

rooted('in one that is stopped its directories are looked at, and no link leads out of it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'outer');
  addBusybox(world, 'outside');
  write(world, 'outer', 'var/lib/lxc/in1/config', 'lxc.bogus = 3\n');
  symlinkSync(world.lxcpath, join(world.lxcpath, 'outer/rootfs/var/lib/tlxc'));
  t.is(await world.sh('tlxc-ls -1 --nesting'), 'outer\nouter/in1\noutside\n');
});

rooted('a tree that was made to be endless is looked at for a moment, and that is told', async (t) => {
  const world = await makeWorld(t);
  for (const name of ['loops', 'many']) addBusybox(world, name);
  for (let index = 0; index < 100; index++) {
    write(world, 'loops', `var/lib/lxc/in${index}/config`, '');
    symlinkSync('/', join(world.lxcpath, `loops/rootfs/var/lib/lxc/in${index}/rootfs`));
  }
  for (let index = 0; index < 1100; index++) write(world, 'many', `var/lib/lxc/in${index}/config`, '');
  const began = performance.now();
  const { stdout, stderr } = await world.run('tlxc-ls', '-1', '--nesting=9999');
  t.true(performance.now() - began < 10_000);
  t.is(stdout.match(/^loops\/in\d+$/gm)?.length, 100);
  t.is(stdout.match(/^loops\//gm)?.length, 100);
  t.is(stdout.match(/^many\//gm)?.length, 1000);
  t.regex(stderr, /^tlxc-ls: many: there is more in it than is looked at .* not all are listed\n {2}hint: /);
});

rooted('one that does not answer takes its own time and no more; its neighbours are listed', async (t) => {
  const world = await makeWorld(t);
  for (const name of ['slow', 'well']) addBusybox(world, name);
  write(world, 'slow', 'bin/tlxc-ls', '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 1; done\n');
  write(world, 'well', 'bin/tlxc-ls', says('[{"name":"in1","state":"STOPPED"}]'));
  await world.sh('tlxc-start -n slow; tlxc-start -n well');
  const began = performance.now();
  const { stdout, stderr } = await world.run('tlxc-ls', '-1', '--nesting=1');
  t.true(performance.now() - began < 12_000);
  t.is(stdout, 'slow\nwell\nwell/in1\n');
  t.regex(stderr, /^tlxc-ls: slow: /);
  t.regex(stderr, /hint: /);
});

rooted("an LXC in a container is asked in LXC's words; an answer that makes no sense is told", async (t) => {
  const world = await makeWorld(t);
  for (const name of ['lxc', 'mad']) addBusybox(world, name);
  const table = ['NAME', 'STATE', 'PID', 'RAM', 'SWAP', 'AUTOSTART', 'GROUPS', 'INTERFACE', 'IPV4', 'IPV6'];
  const row = ['in1', 'RUNNING', '321', '1.00MB', '0.00MB', '1', 'web', 'lo', '10.0.3.9', '-'];
  const line = (cells: readonly string[]) => cells.map((cell) => cell.padEnd(9)).join(' ');
  const printed = `${line(table)} UNPRIVILEGED \n${line(row)} false        `;
  write(world, 'lxc', 'bin/lxc-ls', says(printed).replace('cat', 'echo "$@" > /asked; cat'));
  write(world, 'mad', 'bin/tlxc-ls', says('[{"name":"../mad","state":"RUNNING"}]'));
  await world.sh('tlxc-start -n lxc; tlxc-start -n mad');
  const { code, stdout, stderr } = await world.run('tlxc-ls', '--nesting', '-F', 'NAME,PID,IPV4');
  t.is(code, 0);
  t.regex(stdout, /^\\in1 +321 +10\.0\.3\.9 +$/m);
  t.regex(readFileSync(join(world.lxcpath, 'lxc/rootfs/asked'), 'utf8'), /^-f -F NAME,STATE,/);
  t.regex(stderr, /^tlxc-ls: mad: tlxc-ls in it gives no list of containers\n {2}hint: see what it says: /);
});
