// V8's code caches of the commands (dist/*.cache, see bin/run.js): each does what it is for, in a store that is thrown away, and
// what it compiled on the way is kept. What a run cannot do here (as a plain user, without an addon) it does not, and its
// command compiles that each time. No container is started.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const home = mkdtempSync(join(tmpdir(), 'tlxc-build-'));
const inHome = (name) => join(home, name);

function write(name, lines) {
  mkdirSync(join(inHome(name), '..'), { recursive: true });
  writeFileSync(inHome(name), `${lines.join('\n')}\n`);
}

function furnish() {
  const places = {
    'lxc.lxcpath': 'lxc',
    'tlxc.rundir': 'run',
    'tlxc.cachedir': 'cache',
    'tlxc.statedir': 'state',
  };
  write(
    'tlxc.conf',
    Object.entries(places).map(([key, name]) => `${key} = ${inHome(name)}`),
  );
  // Below a file no run directory can be made: there a start ends.
  write('idle.conf', [`lxc.lxcpath = ${inHome('lxc')}`, `tlxc.rundir = ${inHome('seed.conf')}/run`]);
  write('rootfs/etc/hostname', ['LXC_NAME']);
  spawnSync('tar', ['-C', inHome('rootfs'), '--owner=0', '--group=0', '-cf', inHome('image.tar'), '.']);
  const net = ['type = veth', 'link = tlxcbr0', 'flags = up', 'hwaddr = 10:66:6a:xx:xx:xx'];
  const seed = [...net.map((line) => `lxc.net.0.${line}`), 'lxc.start.auto = 1'];
  write('seed.conf', seed);
  const shipped = 'lxc.include = /usr/share/tlxc/config/debian.common.conf';
  write('lxc/plain/rootfs/etc/hostname', ['plain']);
  write('lxc/plain/config', [shipped, `lxc.rootfs.path = dir:${inHome('lxc/plain/rootfs')}`, ...seed]);
}

/** In this order: they work on each other's containers. The command is the first word, without "tlxc-". */
const runs = [
  'image import --alias=tiny/1 image.tar',
  'image list',
  'create -n u1 -f seed.conf -t local -- -i tiny/1',
  'create -n u2 -f seed.conf -t download -- --offline -d tiny -r 1 -a none',
  'copy -n u1 -N u2 -s',
  'copy -n plain -N p2 -s',
  'copy -n plain -N p3',
  'copy -n p3 -N p4 -R',
  'snapshot -n u1',
  'snapshot -n u1 -L',
  'snapshot -n u1 -r snap0',
  'snapshot -n u1 -d snap0',
  'start --plan plain',
  'start --plan u1',
  'start u1',
  'execute -n u1',
  'ls',
  'ls -f',
  'info u1',
  'config -l',
  'config lxc.lxcpath',
  'config explain u1',
  'set -n u1 memory=1G',
  'autostart -L',
  'autostart',
  'export u1 u1.tar',
  'import -n u3 u1.tar',
  'file push -n u1 seed.conf /etc/seed',
  'logs u1',
  'top --count 1 --json',
  'net status',
  'monitor -Q',
  'wait -s STOPPED u1',
  ...['attach', 'cgroup', 'checkconfig', 'checkpoint', 'console', 'device', 'doctor', 'freeze', 'stop'].map(
    (name) => `${name} u1`,
  ),
  ...['unfreeze u1', 'unshare --help', 'update-config -c lxc/plain/config', 'usernsexec --help', '. strat'],
  ...['u1', 'u2', 'u3', 'p2', 'p4', 'plain'].map((name) => `destroy ${name}`),
];

for (const file of readdirSync('dist')) if (file.endsWith('.cache')) rmSync(`dist/${file}`);
furnish();
try {
  for (const run of runs) {
    const [name, ...words] = run.split(' ');
    const program = name === '.' ? 'tlxc' : `tlxc-${name}`;
    const settings = run === 'start u1' || run === 'autostart' ? 'idle.conf' : 'tlxc.conf';
    const env = { PATH: process.env['PATH'], HOME: home, TLXC_CONF: inHome(settings) };
    spawnSync(process.execPath, [resolve('.ci/code-cache.js'), program, ...words], {
      ...{ cwd: home, env, timeout: 20_000 },
      stdio: process.env['TLXC_WARM_UP'] ? 'inherit' : 'ignore',
    });
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
