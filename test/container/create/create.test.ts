import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TlxcError } from '../../../src/errors.ts';
import { destroyContainer } from '../../../src/container/remove/destroy.ts';
import type { ImageEvent } from '../../../src/image/progress.ts';
import { requires } from '../../rig/requires.ts';
import { servedImage, tinySystem } from '../images.ts';

const test = requires('root');
const onLoop = requires('root', 'loop');
const codeOf = (error: unknown) => (error instanceof TlxcError ? error.code : String(error));
const outcome = (promise: Promise<unknown>) => promise.then(() => 'made', codeOf);

test('from an image server: a whole container, unprivileged, with its own name and ids', async (t) => {
  const { system, create, entries } = await servedImage(t);
  const made = await create('c1', { backend: 'dir' });
  t.like(made, { kind: 'container', backend: 'dir', message: 'You just created a tiny one.' });
  const dir = join(system.lxcpath, 'c1');
  t.deepEqual(entries(dir), ['config', 'rootfs']);
  t.is(statSync(dir).mode & 0o7777, 0o770);
  t.is(readFileSync(join(dir, 'rootfs/etc/hostname'), 'utf8'), 'c1\n');
  t.is(readFileSync(join(dir, 'rootfs/etc/hosts'), 'utf8'), '127.0.0.1 localhost\n127.0.1.1 c1\n');
  const config = readFileSync(join(dir, 'config'), 'utf8');
  t.regex(
    config,
    /^# Template used to create this container: download\n# Parameters .*: -d tiny -r one -a amd64\n/,
  );
  t.regex(config, /^lxc\.include = \/usr\/share\/tlxc\/config\/userns\.conf$/m);
  t.regex(
    config,
    /^lxc\.idmap = u 0 \d+ 65536\nlxc\.idmap = g 0 \d+ 65536\nlxc\.rootfs\.options = idmap=container$/m,
  );
  t.regex(config, /^lxc\.net\.0\.hwaddr = ([0-9a-f]{2}:){5}[0-9a-f]{2}$/m);
  t.deepEqual(entries(system.lxcpath), ['c1']);
});

test('the second one touches no network, unpacks nothing, and shares no id', async (t) => {
  const { server, system, create, entries } = await servedImage(t);
  await create('c1');
  const asked = server.requests.length;
  const events: ImageEvent['kind'][] = [];
  await create('c2', { onEvent: ({ kind }) => events.push(kind) });
  t.is(server.requests.length, asked);
  t.deepEqual(events, ['cached']);
  t.is(entries(join(system.cacheDir, 'images')).length, 1);
  const idOf = (name: string) =>
    /lxc\.idmap = u 0 (\d+)/.exec(readFileSync(join(system.lxcpath, name, 'config'), 'utf8'))?.[1];
  t.not(idOf('c1'), idOf('c2'));
});

test('without ids for it nothing is fetched, and lists are shown all the same', async (t) => {
  const { server, system, create, entries } = await servedImage(t);
  mkdirSync(join(system.lxcpath, 'greedy'));
  writeFileSync(join(system.lxcpath, 'greedy/config'), 'lxc.idmap = u 0 1 4294967294\n');
  t.is(await outcome(create('c1')), 'TLXC_E_UNSUPPORTED');
  t.deepEqual(
    server.requests.filter((path) => path.includes('rootfs')),
    [],
  );
  t.like(await create('c1', { templateArgs: ['--list'] }), { kind: 'text' });
  t.is(await outcome(create('c1', { privileged: true })), 'made', 'it needs none');
  t.deepEqual(entries(system.lxcpath), ['c1', 'greedy']);
});

test('a word that another template asks with keeps no container from its ids', async (t) => {
  const { system, create } = await servedImage(t);
  const template = join(system.lxcpath, 'template');
  writeFileSync(
    template,
    '#!/bin/sh\nfor w; do case $w in --rootfs=*) mkdir -p "${w#*=}/sbin";; esac; done\n',
    {
      mode: 0o755,
    },
  );
  t.is(await outcome(create('c1', { template, templateArgs: ['-l', 'de'] })), 'made');
  t.regex(readFileSync(join(system.lxcpath, 'c1/config'), 'utf8'), /lxc\.idmap = u 0 \d+/);
});

test('privileged: no id map, and the other half of the configuration', async (t) => {
  const { system, create } = await servedImage(t);
  await create('c1', { privileged: true });
  const config = readFileSync(join(system.lxcpath, 'c1/config'), 'utf8');
  t.notRegex(config, /idmap|userns/);
  t.regex(config, /common\.conf/);
});

test('two at once from an empty store: one transfer, two containers', async (t) => {
  const { server, create } = await servedImage(t);
  t.deepEqual(await Promise.all([outcome(create('c1')), outcome(create('c2'))]), ['made', 'made']);
  t.is(server.requests.filter((path) => path.endsWith('/rootfs.tar.xz')).length, 1);
});

test('five at once of one name: one is made, the others say that it exists or is being made', async (t) => {
  const { system, create, entries } = await servedImage(t);
  const all = await Promise.all([1, 2, 3, 4, 5].map(() => outcome(create('c1'))));
  // On a machine so busy that the first takes longer than the others' patience, these are told that it is at work.
  t.deepEqual(all.map((one) => (one === 'TLXC_E_BUSY' ? 'TLXC_E_EXISTS' : one)).sort(), [
    ...Array<string>(4).fill('TLXC_E_EXISTS'),
    'made',
  ]);
  t.deepEqual(entries(system.lxcpath), ['c1']);
  t.deepEqual(entries(join(system.stateDir, 'ranges')).filter((name) => !name.startsWith('.')).length, 1);
});

test('a backing store that cannot be is refused before anything is fetched', async (t) => {
  const { server, system, create, entries } = await servedImage(t);
  t.is(await outcome(create('c1', { backend: 'zfs' })), 'TLXC_E_UNSUPPORTED');
  t.deepEqual(server.requests, []);
  t.deepEqual(entries(system.lxcpath), []);
});

for (const [what, fault] of Object.entries({
  tampered: () => ({ damageAt: 100 }),
  missing: () => ({ status: 404 }),
})) {
  test(`a ${what} root filesystem: refused, and nothing is left`, async (t) => {
    const { system, create, entries } = await servedImage(t, {
      fault: (path) => (path.endsWith('/rootfs.tar.xz') ? fault() : null),
    });
    t.is(await outcome(create('c1')), 'TLXC_E_IMAGE');
    t.deepEqual(entries(system.lxcpath), []);
    t.deepEqual(entries(join(system.cacheDir, 'images')), []);
    t.deepEqual(entries(join(system.cacheDir, 'downloads')), []);
  });
}

test('an image with a device: refused unprivileged from the server and from the store, taken privileged', async (t) => {
  const entries = [...tinySystem, { path: './srv', type: 'CharacterDevice' as const }];
  const { create } = await servedImage(t, { entries });
  t.is(await outcome(create('c1')), 'TLXC_E_IMAGE');
  t.is(await outcome(create('c2', { privileged: true })), 'made');
  t.is(await outcome(create('c3')), 'TLXC_E_IMAGE');
});

test('links in the image lead nowhere outside: hostname and hosts are written inside or not at all', async (t) => {
  const { dir, system, create } = await servedImage(t, {
    entries: [
      { path: './', type: 'Directory' },
      { path: './etc', type: 'SymbolicLink', linkpath: '../../../../canary' },
      { path: './hosts', type: 'SymbolicLink', linkpath: '/canary/hosts' },
    ],
  });
  mkdirSync(join(dir, 'canary'));
  writeFileSync(join(dir, 'canary/hosts'), 'LXC_NAME');
  await create('c1', { backend: 'dir' });
  t.is(readFileSync(join(dir, 'canary/hosts'), 'utf8'), 'LXC_NAME');
  t.false(existsSync(join(dir, 'canary/hostname')));
  t.false(existsSync(join(system.lxcpath, 'c1/rootfs/canary')));
});

test('local: the same from a file, and its metadata decides', async (t) => {
  const { archive, system, create } = await servedImage(t);
  await create('c1', { template: 'local', templateArgs: ['-f', archive] });
  t.regex(readFileSync(join(system.lxcpath, 'c1/config'), 'utf8'), /common\.conf/);
  t.is(await outcome(create('c2', { template: 'local', templateArgs: [] })), 'TLXC_E_USAGE');
});

test('a template program: called as LXC calls it, its lines are kept, the staging path is not', async (t) => {
  const { dir, system, create } = await servedImage(t);
  const program = join(dir, 'template');
  writeFileSync(
    program,
    `#!/bin/sh\nmkdir "$(dirname "\${3#--rootfs=}")/rootfs/bin"\necho "lxc.environment = ARGS=$2,$4" >> "\${1#--path=}/config"\n` +
      'echo "lxc.mount.entry = ${1#--path=}/x mnt none bind,optional 0 0" >> "${1#--path=}/config"\n',
    { mode: 0o755 },
  );
  await create('c1', { template: program, templateArgs: ['word'] });
  const config = readFileSync(join(system.lxcpath, 'c1/config'), 'utf8');
  t.regex(config, /lxc\.environment = ARGS=--name=c1,word/);
  t.true(config.includes(`lxc.rootfs.path = dir:${system.lxcpath}/c1/rootfs`));
  t.true(config.includes(`${system.lxcpath}/c1/x mnt`));
  t.false(config.includes('staging'));
  t.true(existsSync(join(system.lxcpath, 'c1/rootfs/bin')));
});

const filler = (dir: string): string => {
  const program = join(dir, 'filler');
  const lines = [
    '#!/bin/sh',
    'mkdir "${3#--rootfs=}/etc"; echo "$2" > "${3#--rootfs=}/etc/filled"',
    `touch ${dir}/ran`,
  ];
  writeFileSync(program, `${lines.join('\n')}\n`, { mode: 0o755 });
  return program;
};

onLoop(
  'what a template program fills can be held by what holds others: a loop file, a directory elsewhere',
  async (t) => {
    const { dir, system, create, entries } = await servedImage(t);
    const template = filler(dir);
    const own = { template, templateArgs: [], privileged: true };
    t.like(await create('c1', { ...own, backend: 'loop', volume: { fssize: 32 * 2 ** 20 } }), {
      backend: 'loop',
    });
    t.regex(
      readFileSync(join(system.lxcpath, 'c1/config'), 'utf8'),
      new RegExp(`^lxc\\.rootfs\\.path = loop:${system.lxcpath}/c1/rootdev$`, 'm'),
    );
    t.true(entries(join(system.lxcpath, 'c1')).includes('rootdev'));
    const disk = join(system.lxcpath, 'c1/rootdev');
    t.is(statSync(disk).size, 32 * 2 ** 20);
    t.is(
      execFileSync('debugfs', ['-R', 'cat /etc/filled', disk], { encoding: 'utf8', stdio: 'pipe' }),
      '--name=c1\n',
    );
    const elsewhere = join(dir, 'elsewhere');
    t.like(await create('c2', { ...own, backend: 'dir', volume: { dir: elsewhere } }), { backend: 'dir' });
    t.is(readFileSync(join(elsewhere, 'etc/filled'), 'utf8'), '--name=c2\n');
    t.true(
      readFileSync(join(system.lxcpath, 'c2/config'), 'utf8').includes(
        `lxc.rootfs.path = dir:${elsewhere}\n`,
      ),
    );
    for (const name of ['c1', 'c2']) t.false(entries(join(system.lxcpath, name)).includes('.filled'));
  },
);

test('a template program is not run for what cannot hold its work', async (t) => {
  const { dir, system, create, entries } = await servedImage(t);
  const template = filler(dir);
  for (const backend of ['overlay', 'squashfs'])
    t.is(await outcome(create('c1', { template, templateArgs: [], backend })), 'TLXC_E_UNSUPPORTED');
  t.is(
    await outcome(create('c1', { template, templateArgs: [], volume: { vgname: 'x' } })),
    'TLXC_E_UNSUPPORTED',
  );
  t.false(existsSync(join(dir, 'ran')));
  t.deepEqual(existsSync(system.lxcpath) ? entries(system.lxcpath) : [], []);
});

test('a template program that fails: its last words, and nothing is left', async (t) => {
  const { dir, system, create, entries } = await servedImage(t);
  const program = join(dir, 'template');
  writeFileSync(program, '#!/bin/sh\necho "no such mirror" >&2\nexit 3\n', { mode: 0o755 });
  const error = await t.throwsAsync(() => create('c1', { template: program }));
  t.regex(error.message, /the template .* failed: no such mirror .*exit status 3/);
  t.deepEqual(entries(system.lxcpath), []);
});

test('none: a configuration without a root filesystem', async (t) => {
  const { system, create, entries } = await servedImage(t);
  await create('c1', { template: 'none', templateArgs: [] });
  t.deepEqual(entries(join(system.lxcpath, 'c1')), ['config']);
  t.notRegex(readFileSync(join(system.lxcpath, 'c1/config'), 'utf8'), /rootfs\.path/);
});

test('refused before anything is made: bad names, unknown templates and stores, a bad seed, what exists', async (t) => {
  const { dir, system, create, entries } = await servedImage(t);
  const seed = join(dir, 'seed.conf');
  writeFileSync(seed, 'lxc.nett.0.type = veth\n');
  const rooted = join(dir, 'rooted.conf');
  writeFileSync(rooted, 'lxc.rootfs.path = /srv\n');
  for (const name of ['', '-x', 'a/b', '..', 'x'.repeat(64), 'a b', 'ä']) {
    t.is(await outcome(create(name)), 'TLXC_E_NAME', name);
  }
  t.is(await outcome(create('c1', { template: 'nosuch' })), 'TLXC_E_TEMPLATE');
  t.is(await outcome(create('c1', { template: '/nosuch' })), 'TLXC_E_TEMPLATE');
  t.is(await outcome(create('c1', { backend: 'xxx' })), 'TLXC_E_USAGE');
  t.is(await outcome(create('c1', { backend: 'zfs' })), 'TLXC_E_UNSUPPORTED');
  t.is(await outcome(create('c1', { configFile: seed })), 'TLXC_E_CONFIG');
  t.is(await outcome(create('c1', { configFile: rooted })), 'TLXC_E_USAGE');
  t.is(await outcome(create('c1', { templateArgs: ['--nosuch'] })), 'TLXC_E_USAGE');
  t.is(await outcome(create('c1', { templateArgs: ['--no-validate'] })), 'TLXC_E_UNSUPPORTED');
  mkdirSync(join(system.lxcpath, 'c2'));
  t.is(await outcome(create('c2')), 'TLXC_E_EXISTS');
  t.deepEqual(entries(system.lxcpath), ['c2']);
});

test('destroy: the name and its ids are free at once, the image stays for others', async (t) => {
  const { system, environment, create, entries } = await servedImage(t);
  const destroy = (name: string) =>
    destroyContainer({
      name,
      system,
      environment,
      lxcpath: system.lxcpath,
      force: false,
      snapshots: false,
      warn: t.log,
    });
  await create('c1');
  await destroy('c1');
  t.deepEqual(entries(join(system.lxcpath, '.trash')), []);
  t.deepEqual(entries(system.lxcpath), ['.trash']);
  t.deepEqual(entries(join(system.stateDir, 'ranges')), ['.lock']);
  t.is(entries(join(system.cacheDir, 'images')).length, 1);
  t.is(await outcome(destroy('c1')), 'TLXC_E_NOT_FOUND');
  t.is(await outcome(create('c1')), 'made');
});

test('--flush-cache leaves an image that a container uses, and removes one that none does', async (t) => {
  const { system, environment, create, entries } = await servedImage(t);
  const flush = { templateArgs: ['-d', 'tiny', '-r', 'one', '-a', 'amd64', '--flush-cache'] };
  const images = join(system.cacheDir, 'images');
  const image = () => readFileSync(join(images, entries(images)[0] ?? '', 'image.json'), 'utf8');
  await create('c1', { backend: 'overlay' });
  const before = image();
  await create('c2', { ...flush, backend: 'dir' });
  t.is(image(), before);
  await destroyContainer({
    name: 'c1',
    system,
    environment,
    lxcpath: system.lxcpath,
    force: false,
    snapshots: false,
    warn: t.log,
  });
  await create('c3', { ...flush, backend: 'dir' });
  t.not(image(), before);
});
