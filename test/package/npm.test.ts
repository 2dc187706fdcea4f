/** The npm package: what is in it, and that it works where nothing could be compiled. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { requires } from '../rig/requires.ts';
import { bootMachine, build, root, useInstalled } from './debian-machine.ts';

const test = requires('root', 'userns', 'idmap', 'debian', 'archive');
const require = createRequire(import.meta.url);

/** Debian 12, Ubuntu 22.04 and RHEL 9 have these, and whatever came after them. */
const FLOORS = { GLIBC: 2.34, GLIBCXX: 3.43 };

const PROGRAM = `import { Container, type StartPlan } from 'tlxc';
const version: StartPlan['version'] = 1;
console.log(Container.list({ lxcpath: '/nonexistent' }).length, typeof version);
`;

/** "3.4.30" -> 3.43: the versions of these libraries have two or three numbers below a hundred. */
const asNumber = (version: string): number => {
  const [major = '0', minor = '0', patch = '0'] = version.split('.');
  return Number(major) + Number(minor) / (patch === '0' ? 100 : 10) + Number(patch) / 1000;
};

test('npm pack: prebuilt, without install script, with its licences; it installs in a Debian without compiler', async (t) => {
  t.timeout(300_000);
  const machine = await bootMachine(t);
  const { dir } = machine.world;
  build(process.execPath, '.ci/notices.js');
  const [packed] = JSON.parse(
    build('npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', dir),
  ) as [{ filename: string; size: number; files: { path: string; mode: number }[] }];
  const paths = new Map(packed.files.map(({ path, mode }) => [path, mode]));
  for (const path of ['LICENSE', 'README.md', 'dist/NOTICES.txt', 'dist/types/index.d.ts', 'man/tlxc.3'])
    t.true(paths.has(path), path);
  t.is(
    [...paths.keys()].filter((path) => /(^|\/)(src|test|obj\.target)\/|\.(gyp|cc|o)$/.test(path)).join(),
    '',
  );
  for (const [path, mode] of paths)
    t.is(
      mode & 0o111,
      /^(bin\/tlxc.*\.js|config\/inside\/.*|templates\/tlxc-.*|native\/.*)$/.test(path) ? 0o111 : 0,
      path,
    );
  t.true(packed.size < 20_000_000, `${packed.size} bytes`);
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) t.false(script in scripts);

  const tarball = join(dir, packed.filename);
  const [app, cache] = [join(dir, 'app'), join(dir, 'npm-cache')];
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{ "type": "module", "private": true }');
  writeFileSync(join(app, 'program.ts'), PROGRAM);
  build('npm', 'install', '--prefix', app, '--cache', cache, '--no-audit', '--no-fund', tarball);
  const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node'];
  const strict = ['--strict', '--module', 'NodeNext', '--target', 'ES2022', '--skipLibCheck', 'false'];
  const tsc = [
    require.resolve('typescript/bin/tsc'),
    ...types,
    ...strict,
    '--noEmit',
    join(app, 'program.ts'),
  ];
  const checked = spawnSync(process.execPath, tsc, { encoding: 'utf8', cwd: app });
  t.is(checked.status, 0, checked.stdout);

  await machine.push(process.execPath, '/usr/local/bin');
  await machine.push(join(build('npm', 'root', '--global'), 'npm'), '/usr/local/lib/node_modules');
  await machine.push(cache, '/srv');
  await machine.push(tarball, '/srv');
  const npm = 'node /usr/local/lib/node_modules/npm/bin/npm-cli.js';
  await machine.sh(`cd /srv; ${npm} install -g --offline --cache /srv/npm-cache ./${packed.filename}`);
  await useInstalled(t, machine);
  await machine.sh('test -e /usr/local/share/man/man1/tlxc-start.1 -a -e /usr/local/share/man/man3/tlxc.3');
  const completion = '"$(npm root -g)"/tlxc/config/completion';
  await machine.sh(
    `npm() { ${npm} "$@"; }; for file in tlxc.bash tlxc.fish _tlxc; do test -s ${completion}/$file; done`,
  );
});

test('the addon runs where glibc 2.34 is; the programs are static', (t) => {
  const release = join(root, 'native/build/Release');
  const symbols = build('objdump', '-T', join(release, 'tlxc.node'));
  for (const [library, floor] of Object.entries(FLOORS)) {
    const needed = [...symbols.matchAll(new RegExp(`\\b${library}_([0-9.]+)`, 'g'))].map(([, v = '']) =>
      asNumber(v),
    );
    t.true(Math.max(0, ...needed) <= floor, `${library} ${String(Math.max(0, ...needed))}`);
  }
  for (const program of [
    'tlxc-monitor',
    'tlxc-enter',
    'tlxc-init',
    'tlxc-pty',
    'tlxc-transfer',
    'tlxc-proxy',
  ]) {
    t.false(build('objdump', '-p', join(release, program)).includes('NEEDED'), program);
    t.is(statSync(join(release, program)).mode & 0o111, 0o111);
  }
});
