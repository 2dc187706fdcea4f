// V8's code caches of the commands (dist/*.cache, see bin/run.js): each does what it is for, in a store that is thrown away, and
// what it compiled on the way is kept. What a run cannot do here (without an addon, say) it does not, and its command compiles
// that each time. No container is started, but what a start does until its monitor is there, and when that has failed. A plain
// user makes none: its files would be of ids whose files only a container's root can remove.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const home = mkdtempSync(join(tmpdir(), 'tlxc-build-'));
const inHome = (name) => join(home, name);

function write(name, lines) {
  mkdirSync(dirname(inHome(name)), { recursive: true });
  writeFileSync(inHome(name), lines.map((line) => `${line}\n`).join(''));
}

/** Places for a configuration of TLXC's; nothing of the host's own is looked at. */
function writeSettings(name, runDir) {
  const places = {
    'lxc.lxcpath': 'lxc',
    'tlxc.cachedir': 'cache',
    'tlxc.statedir': 'state',
    'tlxc.rundir': runDir,
  };
  const lines = Object.entries(places).map(([key, place]) => `${key} = ${inHome(place)}`);
  write(name, lines);
}

function furnish() {
  writeSettings('tlxc.conf', 'run');
  // Below a file no run directory can be made: there a start ends.
  writeSettings('idle.conf', 'seed.conf/run');
  write('rootfs/etc/hostname', ['LXC_NAME']);
  spawnSync('tar', ['-C', inHome('rootfs'), '--owner=0', '--group=0', '-cf', inHome('image.tar'), '.']);
  const net = ['type = veth', 'link = tlxcbr0', 'flags = up', 'hwaddr = 10:66:6a:xx:xx:xx'];
  const seed = [...net.map((line) => `lxc.net.0.${line}`), 'lxc.start.auto = 1'];
  write('seed.conf', seed);
  const shipped = 'lxc.include = /usr/share/tlxc/config/debian.common.conf';
  write('lxc/plain/rootfs/etc/hostname', ['plain']);
  write('lxc/plain/config', [shipped, `lxc.rootfs.path = dir:${inHome('lxc/plain/rootfs')}`, ...seed]);
  // Its monitor ends at once, with nothing done: below a file no log can be made. Neither a bridge nor a profile is asked for.
  write('lxc/mute/rootfs/etc/hostname', ['mute']);
  write('lxc/mute/config', [
    `lxc.rootfs.path = dir:${inHome('lxc/mute/rootfs')}`,
    `lxc.log.file = ${inHome('seed.conf/log')}`,
    ...['lxc.net.0.type = empty', 'lxc.apparmor.profile = unconfined'],
    ...['lxc.start.auto = 1', 'lxc.group = mute'],
  ]);
}

// In this order: they work on each other's containers. The command is the first word, without "tlxc-"; "." is tlxc itself.
// With options, as people write them: reading those is a part of each run.

const making = [
  'image import --alias=tiny/1 image.tar',
  'create -n u1 -f seed.conf -t local -- -i tiny/1',
  'create -n u4 -f seed.conf -t local -B dir -- -i tiny/1',
  'copy -n u1 -N u2 -s',
  'copy -n plain -N p2 -s',
  'copy -n plain -N p3',
  'copy -n p3 -N p4 -R',
  'snapshot -n u1',
  'snapshot -n u1 -L',
  'snapshot -n u1 -r snap0',
  'snapshot -n u1 -d snap0',
  'start --plan u1',
  'config explain u1',
  'export u1 u1.tar',
  'import -n u3 u1.tar',
  'file push -n u1 seed.conf /etc/seed',
  ...['u1', 'u2', 'u3', 'u4', 'p2', 'p4'].map((name) => `destroy ${name}`),
];

/** Also a plain user's: they make nothing, or are refused. */
const looking = [
  'create -n u2 -f seed.conf -t download -- --offline -d tiny -r 1 -a none',
  ...[
    'copy -n none -N other',
    'snapshot none',
    'destroy none',
    'export none',
    'import none',
    'file pull none:/a .',
  ],
  ...[
    'image list',
    'start --plan plain',
    'ls',
    'ls --fancy',
    'info -n plain',
    'config -l',
    'config lxc.lxcpath',
  ],
  ...['set -n plain memory=1G', 'autostart -L', 'net status', 'monitor -Q', 'top --count 1 --json'],
  ...[
    'wait -n plain -s STOPPED',
    'execute -n plain',
    'logs -n plain',
    'attach -n plain -- true',
    'checkconfig',
  ],
  ...[
    'cgroup -n plain cpu.shares',
    'checkpoint -n plain',
    'console -n plain',
    'device plain',
    'doctor',
    'freeze -n plain',
    'stop -k -n plain',
    'unfreeze -n plain',
  ],
  ...['unshare --help', 'usernsexec --help', 'update-config -c lxc/plain/config', '. strat'],
];

const starting = ['start -n plain', 'autostart'];

const ending = ['start -n mute', 'autostart -g mute'];

function warm(run, settings) {
  const [name, ...words] = run.split(' ');
  spawnSync(
    process.execPath,
    [resolve('.ci/code-cache.js'), name === '.' ? 'tlxc' : `tlxc-${name}`, ...words],
    {
      ...{ cwd: home, timeout: 20_000, stdio: process.env['TLXC_WARM_UP'] ? 'inherit' : 'ignore' },
      env: { PATH: process.env['PATH'], HOME: home, TLXC_CONF: inHome(settings) },
    },
  );
}

for (const file of readdirSync('dist')) if (file.endsWith('.cache')) rmSync(`dist/${file}`);
furnish();
const isRoot = process.getuid() === 0;
for (const run of [...(isRoot ? making : []), ...looking]) warm(run, 'tlxc.conf');
for (const run of starting) warm(run, 'idle.conf');
if (isRoot) for (const run of ending) warm(run, 'tlxc.conf');
try {
  rmSync(home, { recursive: true, force: true });
} catch (error) {
  console.error(`${home} is left behind: ${error.message}`);
}
