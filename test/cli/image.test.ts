/** tlxc-image: what it shows, fetches, finds damaged, removes and keeps; images that leave and come back. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import command from '../../src/cli/image.ts';
import { renameContainer } from '../../src/container/copy/rename.ts';
import { native } from '../../src/native/binding.ts';
import { tarOf } from '../image/archives.ts';
import { servedImage, tinySystem } from '../container/images.ts';
import { requires } from '../rig/requires.ts';
import { runCommand } from './run-command.ts';

const rooted = requires('root');

async function store(t: ExecutionContext) {
  const served = await servedImage(t);
  const image = (...argv: string[]) =>
    runCommand(command, argv, {
      program: 'tlxc-image',
      env: { PATH: process.env['PATH'] ?? '', TLXC_CONF: served.environment.TLXC_CONF },
      cwd: served.dir,
    });
  /** Throws with what was said unless it exits 0. */
  const does = async (...argv: string[]) => {
    const { exit, stdout, stderr } = await image(...argv);
    if (exit !== 0) throw new Error(`tlxc-image ${argv.join(' ')}: exit ${exit}: ${stderr}`);
    return stdout;
  };
  const ids = () =>
    served.entries(join(served.system.cacheDir, 'images')).filter((name) => !name.startsWith('.'));
  const rootfs = () => join(served.system.cacheDir, 'images', ids()[0] ?? '', 'rootfs');
  return { ...served, image, does, ids, rootfs };
}

const TINY = 'tiny/one/amd64/default';

rooted('pull, list, info: where an image is from, how old it is, who uses it', async (t) => {
  const { does, create, server, ids } = await store(t);
  t.is(await does('list'), '');
  t.is(await does('list', '--json'), '[]\n');
  t.regex(
    await does('list', '--remote'),
    /^DIST +RELEASE +ARCH +VARIANT +BUILD +ALSO CALLED\ntiny +one +amd64 +default +20260101_00:00$/m,
  );
  const pulled = await does('pull', 'tiny', 'one', 'amd64');
  const [id = ''] = ids();
  t.is(pulled, `${TINY} 20260101_00:00 ${id.slice(0, 12)}\n`);
  const asked = server.requests.length;
  await create('c1');
  t.is(server.requests.length, asked, 'what was pulled is not fetched again');
  const [header, line = ''] = (await does('list')).split('\n');
  t.regex(header ?? '', /^NAME +BUILD +IMAGE +SIZE +EXPIRES +SIGNED +USED BY +ORIGIN$/);
  t.regex(
    line,
    new RegExp(
      `^${TINY} +20260101_00:00 +${id.slice(0, 12)} +\\d.* KiB +\\d{4}-\\d\\d-\\d\\d +no +\\S+ +${server.url}$`,
    ),
  );
  const block = await does('info', 'tiny/one');
  t.regex(block, new RegExp(`^Image: +${id}$`, 'm'));
  t.regex(block, /^Distribution: +tiny one$/m);
  t.regex(block, /^Signed by: +not checked$/m);
  const json = JSON.parse(await does('info', '--json', id.slice(0, 8))) as Record<string, unknown>;
  t.is(json['origin'], server.url);
  t.is(json['signedBy'], null);
  t.is(json['members'], tinySystem.length);
});

rooted('what is meant by a word: a name, its beginning, a digest; never one of several', async (t) => {
  const { image, does, dir } = await store(t);
  await does('pull', 'tiny', 'one', 'amd64');
  writeFileSync(join(dir, 'other.tar'), tarOf([...tinySystem, { path: './other', content: 'x' }]));
  await does('import', '--alias', 'tiny/two', 'other.tar');
  t.regex(await does('info', 'tiny/two'), /^Name: +tiny\/two$/m);
  writeFileSync(join(dir, 'third.tar'), tarOf([...tinySystem, { path: './third', content: 'x' }]));
  await does('import', '--alias', 'tiny/one', 'third.tar');
  t.regex(await does('info', 'tiny/one'), /^Name: +tiny\/one$/m, 'all of a name, though another begins so');
  const ambiguous = await image('info', 'tiny');
  t.is(ambiguous.exit, 1);
  t.regex(
    ambiguous.stderr,
    /"tiny" may mean several images\n.*tiny\/one\/amd64\/default \([0-9a-f]{12}\), tiny\/two/,
  );
  t.regex((await image('info', 'nothing')).stderr, /the store has no image "nothing"/);
});

rooted('verify tells each member that is not as it was stored', async (t) => {
  const { does, image, rootfs, ids, system } = await store(t);
  await does('pull', 'tiny', 'one', 'amd64');
  t.regex(await does('verify'), /^tiny\/one.*: sound, 7 members as they were stored$/m);
  const { mtime, atime } = statSync(join(rootfs(), 'etc/passwd'));
  writeFileSync(join(rootfs(), 'etc/passwd'), 'toor:x:0:0::/root:/bin/sh\n');
  utimesSync(join(rootfs(), 'etc/passwd'), atime, mtime);
  chmodSync(join(rootfs(), 'sbin/init'), 0o4755);
  writeFileSync(join(rootfs(), 'added'), '');
  renameSync(join(rootfs(), 'etc/hosts'), join(system.cacheDir, 'hosts'));
  const { exit, stdout } = await image('verify', 'tiny');
  t.is(exit, 1);
  t.regex(stdout, /: damaged, \d members are not as they were stored\n/);
  for (const line of ['/etc/passwd: .*content', '/sbin/init: mode', '/etc/hosts: missing', '/added: added'])
    t.regex(stdout, new RegExp(`^  ${line}`, 'm'), line);
  appendFileSync(join(system.cacheDir, 'images', ids()[0] ?? '', 'manifest'), 'x');
  t.regex((await image('verify')).stdout, /cannot be verified: .*manifest is damaged/);
});

rooted('an image whose description is damaged is told of, and made anew when it is asked for', async (t) => {
  const { does, image, ids, system } = await store(t);
  await does('pull', 'tiny', 'one', 'amd64');
  writeFileSync(join(system.cacheDir, 'images', ids()[0] ?? '', 'image.json'), '{"format": 1, ');
  t.regex((await image('list')).stderr, /warning: [0-9a-f]{12} is damaged/);
  t.is((await image('verify')).exit, 1);
  await does('pull', 'tiny', 'one', 'amd64');
  t.regex(await does('verify'), /sound/);
});

rooted(
  'prune removes what is expired and unused, with --all what is unused, never what a container needs',
  async (t) => {
    const { does, create, ids, system, dir, environment } = await store(t);
    const tiny = join(system.cacheDir, 'images');
    await create('c1', { backend: 'overlay' }).catch(() => create('c1', { backend: 'dir' }));
    const overlay = readFileSync(join(system.lxcpath, 'c1/config'), 'utf8').includes('overlay:');
    const [id = ''] = ids();
    writeFileSync(join(dir, 'other.tar'), tarOf([...tinySystem, { path: './other', content: 'x' }]));
    await does('import', 'other.tar');
    t.is(await does('prune'), '', 'nothing has expired');
    const file = join(tiny, id, 'image.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"expiry": \d+/, '"expiry": 1'));
    t.true(overlay, 'the container lies over the image');
    t.is(await does('prune'), '');
    // Under another name it is needed as much, and so it is by a configuration that nobody noted.
    const { lxcpath } = system;
    await renameContainer({ name: 'c1', newName: 'c2', lxcpath, system, environment, warn: t.fail });
    t.regex(await does('list'), / c2 /);
    const other = join(dir, 'elsewhere/c3');
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, 'config'), readFileSync(join(system.lxcpath, 'c2/config')));
    renameSync(join(system.lxcpath, 'c2'), join(dir, 'c2.gone'));
    t.is(await does('prune', '-P', join(dir, 'elsewhere')), '');
    t.regex(
      await does('prune', '--all', '-P', join(dir, 'elsewhere')),
      /^other\.tar /,
      'only the unused one',
    );
    t.deepEqual(ids(), [id]);
    t.regex(await does('prune'), /^tiny\/one/);
    t.deepEqual(ids(), []);
  },
);

rooted('prune keeps what containers need whose store is not mounted, and says so', async (t) => {
  const { image, does, create, ids, system } = await store(t);
  await create('c1', { backend: 'overlay' });
  const [id = ''] = ids();
  renameSync(system.lxcpath, `${system.lxcpath}.unmounted`);
  const { exit, stdout, stderr } = await image('prune', '--all');
  t.is(exit, 0);
  t.is(stdout, '');
  t.is(
    stderr,
    `${TINY} stays: containers made from it were in ${system.lxcpath}, which is not there now\n0 removed, 0.0 KiB\n`,
  );
  t.regex(await does('info', TINY), /^Used by: +c1$/m);
  t.deepEqual(ids(), [id]);
  mkdirSync(system.lxcpath);
  t.regex(await does('prune', '--all'), /^tiny\/one/, 'the store is there, and the container is not');
});

rooted(
  'prune keeps what a broken download left, with --all it goes, unless somebody fetches just then',
  async (t) => {
    const { does, system } = await store(t);
    await does('pull', 'tiny', 'one', 'amd64');
    const downloads = join(system.cacheDir, 'downloads');
    const [broken, fetched] = ['a', 'b'].map((digit) => digit.repeat(64)) as [string, string];
    const parts = [`${broken}.layer-0`, `${broken}.layer-1.part`, `${fetched}.part`];
    for (const name of parts) writeFileSync(join(downloads, name), 'half');
    const left = (): readonly string[] => readdirSync(downloads).sort();
    await does('prune');
    t.deepEqual(left(), parts);
    const fetching = native().lock({
      path: join(system.cacheDir, 'images', `.lock-${fetched}`),
      wait: false,
    });
    t.is(typeof fetching, 'number');
    await does('prune', '--all');
    t.deepEqual(left(), [`${fetched}.part`]);
    native().closeFd(fetching as number);
    await does('prune', '--all');
    t.deepEqual(left(), []);
  },
);

rooted('export and import: the same tree, names, messages, by LXC’s and by Incus’ metadata', async (t) => {
  const { does, create, dir, system } = await store(t);
  await does('pull', 'tiny', 'one', 'amd64');
  for (const kind of ['tar', 'tar.gz', 'tar.xz', 'tar.zst']) {
    await does('export', TINY, `out.${kind}`, 'out.meta.tar.xz');
    await does('prune', '--all');
    const imported = await does('import', `out.${kind}`, 'out.meta.tar.xz', '--alias', 'mine');
    t.regex(imported, /^mine 20260101_00:00 [0-9a-f]{12}\n$/, kind);
    t.regex(await does('info', 'mine'), /^Distribution: +tiny one$/m);
    t.regex(await does('verify'), /sound, 7 members/);
    await does('export', 'mine', `again.tar`);
    t.true(readFileSync(join(dir, 'again.tar')).equals(readFileSync(join(dir, 'out.tar'))), kind);
    await does('export', 'mine', 'out.tar', 'out.meta.tar.xz');
    await does('prune', '--all');
    await does('import', 'out.tar', 'out.meta.tar.xz', '--alias', TINY);
  }
  const created = await create('c1', { template: 'local', templateArgs: ['--image', TINY] });
  t.is(created.kind === 'container' ? created.message : '', 'You just created a tiny one.');
  t.true(existsSync(join(system.lxcpath, 'c1/config')));
});

rooted('one archive of Incus’: its rootfs becomes the tree, its properties the names', async (t) => {
  const { does, dir } = await store(t);
  const yaml = [
    'architecture: x86_64',
    'creation_date: 1789276800',
    'expiry_date: 1991868800',
    'properties:',
    '  description: "Alpine 3.22"',
    '  os: Alpine',
    "  release: '3.22'",
    '  serial: "20260913_13:00"',
    '  variant: default',
    'templates:',
    '  /etc/hostname:',
    '    template: hostname.tpl',
  ].join('\n');
  const inner = tinySystem.map((entry) => ({ ...entry, path: entry.path.replace(/^\./, 'rootfs') }));
  const device = { path: 'rootfs/dev/null', type: 'CharacterDevice' as const };
  writeFileSync(join(dir, 'incus.tar'), tarOf([{ path: 'metadata.yaml', content: yaml }, ...inner, device]));
  await does('import', 'incus.tar');
  const json = JSON.parse(await does('info', '--json', 'alpine/3.22')) as Record<string, unknown>;
  t.is(json['name'], 'alpine/3.22/amd64/default');
  t.is(json['build'], '20260913_13:00');
  t.is(json['expires'], new Date(1991868800_000).toISOString());
  t.deepEqual(readdirSync(String(json['rootfs'])).sort(), ['etc', 'sbin']);
});

rooted(
  'refused by name: words that are unknown or too many, options of other actions, archives that are none',
  async (t) => {
    const { image, does, dir, ids } = await store(t);
    const refusal = async (...argv: string[]) => {
      const { exit, stderr } = await image(...argv);
      t.is(exit, 1, argv.join(' '));
      return stderr;
    };
    t.regex(await refusal(), /what to do is missing: list, pull/);
    t.regex(await refusal('erase'), /'erase' is not known/);
    t.regex(await refusal('pul'), /'pul' is not known \(did you mean pull\?\)/);
    t.regex(await refusal('list', '--all'), /--all means nothing to list/);
    t.regex(await refusal('pull', 'tiny'), /pull takes: /);
    t.regex(
      await refusal('pull', 'tiny', 'two', 'amd64'),
      /has no image tiny\/two\/amd64\/default\n.*releases of tiny there: one/,
    );
    t.regex(await refusal('import', 'none.tar'), /none\.tar: no such file/);
    t.regex(await refusal('import', dir), /is a directory, and no archive of one\n +hint: .*tar -C /);
    t.regex(await refusal('import', '--alias', '-x', 'none.tar'), /no image can be called "-x"/);
    writeFileSync(join(dir, 'text'), 'no archive');
    t.regex(await refusal('import', 'text'), /is no tar archive/);
    writeFileSync(join(dir, 'bad.tar'), tarOf([{ path: '../climbs', content: 'x' }]));
    t.regex(await refusal('import', 'bad.tar'), /could not be unpacked/);
    t.deepEqual(ids(), []);
    await does('pull', 'tiny', 'one', 'amd64');
    t.regex(await refusal('export', 'tiny', 'out.zip'), /does not say what kind of archive/);
    t.regex(
      await refusal('export', 'tiny', 'new'),
      /new is no directory that is there.*\n +hint: make the directory/,
    );
    t.regex(await refusal('export', 'tiny', 'no/such/out.tar'), /no such file or directory/);
  },
);
