import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { buildImage, writeLayout, type BuiltImage } from '../../image/oci/images.ts';
import type { Entry } from '../../image/archives.ts';
import { inside } from '../../network/neighbours.ts';
import { busyboxTar } from '../../rig/busybox.ts';
import { eventually } from '../../rig/eventually.ts';
import { push, registryOrigin, registryUser, startRegistry } from '../../rig/registry.ts';
import { requires } from '../../rig/requires.ts';
import { makeUser, USER } from '../../rig/user.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const local = requires('root', 'userns', 'idmap', 'busybox');
const users = requires('root', 'userns', 'overlay', 'users', 'busybox');
const networked = requires(
  ...(['root', 'userns', 'idmap', 'busybox', 'veth', 'bridge', 'dnsmasq', 'nftables', 'registry'] as const),
);

const SERVER = `#!/bin/sh
trap 'echo stopped > /srv/data/stopped; exit 0' INT
echo serving
(id; pwd; echo "$GREETING|$HOME|$1|$2") > /srv/data/started
httpd -f -p 80 -h /srv &
wait $!
`;

/** Prints what is there, or nothing. */
const GET =
  'fetch(process.argv[1]).then((answer) => answer.text()).then((text) => process.stdout.write(text))';

/** An HTTP server that runs as a user of the image's, over a base of another layer. */
const server = (): BuiltImage =>
  buildImage({
    layers: [
      busyboxTar(),
      [
        { path: 'srv/', type: 'Directory' },
        { path: 'srv/data/', type: 'Directory', uid: 1000, gid: 1000 },
        { path: 'srv/index.html', content: 'hello\n' },
        { path: 'srv/run', content: SERVER, mode: 0o755 },
        { path: 'etc/.wh.inittab' },
      ] satisfies Entry[],
    ],
    config: {
      ...{
        Entrypoint: ['run'],
        Cmd: ['two words', "it's"],
        User: 'user',
        WorkingDir: '/srv/data',
        StopSignal: 'SIGINT',
      },
      Env: ['PATH=/srv:/bin', 'GREETING= good morning '],
      ExposedPorts: { '80/tcp': {} },
    },
  });

function layoutOf(world: World, images: Readonly<Record<string, BuiltImage>>): string {
  const layout = join(world.dir, 'layout');
  mkdirSync(layout, { recursive: true });
  writeLayout(layout, images);
  return layout;
}

const create = (world: World, name: string, ...words: readonly string[]) =>
  world.run('tlxc-create', '-n', name, '-t', 'oci', '--', ...words);

async function created(t: ExecutionContext, world: World, name: string, ...words: readonly string[]) {
  const outcome = await create(world, name, ...words);
  t.is(outcome.code, 0, outcome.stderr);
  return outcome;
}

const addressOf = async (world: World, name: string): Promise<string> =>
  (await world.sh(`tlxc-info -n ${name} -iH`)).trim().split('\n')[0] ?? '';

networked(
  'an image of a registry with passwords runs its server, which answers by address and by name',
  async (t) => {
    const world = await makeWorld(t);
    const layout = layoutOf(world, { v1: server() });
    await startRegistry(t, world, 'password');
    await push(world, layout, 'v1', 'team/web');
    const url = `${registryOrigin}/team/web:v1`;

    const stranger = await create(world, 'web', '-u', url);
    t.is(stranger.code, 1);
    t.regex(stranger.stderr, /127\.0\.0\.1:5000 does not let this image be pulled.*authentication required/s);
    t.regex(stranger.stderr, /hint: .*--username=NAME --password=PASSWORD/);

    const { name, password } = registryUser;
    const made = await created(t, world, 'web', '-u', url, '--username', name, '--password', password);
    t.regex(made.stdout, /Looking up http:.*team\/web:v1/);
    const config = readFileSync(join(world.lxcpath, 'web/config'), 'utf8');
    t.notRegex(config + made.stdout + made.stderr, /open-sesame/);
    t.regex(config, /^# It listens on: 80\/tcp$/m);

    await world.sh('tlxc-start -n web');
    const address = await addressOf(world, 'web');
    t.regex(address, /^10\.0\.4\.\d+$/);
    const got = async () =>
      (await world.run(process.execPath, '-e', GET, `http://${address}/`)).stdout || undefined;
    t.is(await eventually(30, got), 'hello\n');
    const [ids, cwd, words] = (await inside(world, 'web', 'cat /srv/data/started')).split('\n');
    t.regex(ids ?? '', /^uid=1000\(user\) gid=1000\(user\)/);
    t.is(cwd, '/srv/data');
    t.is(words, " good morning |/tmp|two words|it's");
    t.is(await inside(world, 'web', 'test -e /etc/inittab || cat /etc/hostname'), 'web');

    // The second one is made from the stored image, and reaches the first by its name.
    const again = await created(t, world, 'web2', '-u', url, `--username=${name}`, `--password=${password}`);
    t.regex(again.stdout, /Using image from local cache/);
    await world.sh('tlxc-start -n web2');
    t.not(await addressOf(world, 'web2'), address);
    t.regex(await inside(world, 'web2', 'ping -4 -c 1 -W 5 web'), new RegExp(`PING web \\(${address}\\)`));

    await world.sh('tlxc-stop -n web -t 10 --nokill');
    t.is(readFileSync(join(world.lxcpath, 'web/console.log'), 'utf8'), 'serving\r\n');
    t.is(readFileSync(join(world.lxcpath, 'web/overlay/delta/srv/data/stopped'), 'utf8'), 'stopped\n');
    t.regex(await world.sh('tlxc-image list'), /127\.0\.0\.1:5000\/team\/web:v1 .* web, web2 /);
  },
);

networked(
  'a token server gives strangers what is public, and asks for the stored password what is not',
  async (t) => {
    const world = await makeWorld(t);
    const layout = layoutOf(world, {
      v1: buildImage({ layers: [[{ path: 'a', content: 'x' }]], docker: true }),
    });
    await startRegistry(t, world, 'token');
    await push(world, layout, 'v1', 'library/thing');
    const url = `${registryOrigin}/library/thing:v1`;
    await created(t, world, 'public', '-u', url);
    const auth = Buffer.from(`${registryUser.name}:${registryUser.password}`).toString('base64');
    mkdirSync(join(world.dir, '.docker'));
    writeFileSync(
      join(world.dir, '.docker/config.json'),
      JSON.stringify({ auths: { '127.0.0.1:5000': { auth } } }),
    );
    await created(t, world, 'known', '-u', url, '--no-cache');
    writeFileSync(
      join(world.dir, 'wrong'),
      JSON.stringify({ auths: { '127.0.0.1:5000': { auth: btoa('a:b') } } }),
    );
    const wrong = await create(world, 'wrong', '-u', url, `--authfile=${join(world.dir, 'wrong')}`);
    t.regex(
      wrong.stderr,
      /token server 127\.0\.0\.1:5001 does not accept the credentials.*incorrect username or password/s,
    );
    const missing = await create(world, 'missing', '-u', `${registryOrigin}/library/thing:v2`);
    t.regex(missing.stderr, /127\.0\.0\.1:5000 has no image .*thing:v2 .*manifest unknown/s);
  },
);

networked('what is stored takes no network; a registry that is away is said to be', async (t) => {
  const world = await makeWorld(t);
  const url = `${registryOrigin}/a/b:v1`;
  const away = await create(world, 'c1', '-u', url);
  t.regex(away.stderr, /a\/b:v1.*the connection was refused \(3 tries\)/s);
  const offline = await create(world, 'c1', '-u', url, '--offline');
  t.regex(offline.stderr, /offline, and the store has no image http:.*a\/b:v1 for linux\//);
  await startRegistry(t, world, 'none');
  await push(world, layoutOf(world, { v1: buildImage({ layers: [[{ path: 'a' }]] }) }), 'v1', 'a/b');
  await created(t, world, 'c1', '-u', url);
  await created(t, world, 'c2', '-u', url, '--offline');
  t.deepEqual(
    (await world.sh('ls cache/images cache/downloads')).match(/[0-9a-f]{64}/g)?.length,
    2,
    'the image and its layer',
  );
});

local('a layout, an archive of it and a plain Docker archive give the same container', async (t) => {
  const world = await makeWorld(t);
  const image = server();
  layoutOf(world, { v1: image });
  await world.sh('tar -C layout -cf layout.tar . && gzip -k layout.tar');
  const saved = join(world.dir, 'saved');
  mkdirSync(saved);
  const [config, ...layers] = [image.config, ...image.layers];
  writeFileSync(join(saved, 'config.json'), image.blobs.get(config.digest) ?? '');
  for (const [index, { digest }] of layers.entries())
    writeFileSync(join(saved, `${index}.tar`), gunzipSync(image.blobs.get(digest) ?? ''));
  const manifest = [
    { Config: 'config.json', RepoTags: ['web:v1'], Layers: layers.map((_, index) => `${index}.tar`) },
  ];
  writeFileSync(join(saved, 'manifest.json'), JSON.stringify(manifest));
  await world.sh('tar -C saved -cf saved.tar .');
  const urls = [
    'oci:layout:v1',
    'oci:layout',
    'oci-archive:layout.tar:v1',
    'oci-archive:layout.tar.gz',
    'docker-archive:saved.tar:v1',
  ];
  for (const [index, url] of urls.entries()) {
    await created(t, world, `c${index}`, '--url', url);
    t.regex(await world.sh(`grep -c . lxc/c${index}/config`), /\d/);
    const lines = readFileSync(join(world.lxcpath, `c${index}/config`), 'utf8');
    t.regex(lines, /^lxc\.init\.cmd = run 'two words' 'it'\\''s'$/m);
  }
  t.is((await world.sh('tlxc-image list | tail -n +2')).trim().split('\n').length, 2);
  t.is((await world.sh('ls cache/images')).trim().split('\n').length, 4, 'and two layers, which both have');
  const wrong = await create(world, 'wrong', '-u', 'oci:layout:v2');
  t.regex(wrong.stderr, /has no image with the tag v2\n.*hint: it has v1/);
  t.is((await world.sh('ls cache/downloads')).trim(), '');
});

local('a program alone, without any directory of a system, runs', async (t) => {
  const world = await makeWorld(t);
  const root = join(world.dir, 'scratch');
  mkdirSync(root);
  execFileSync('sh', ['-c', 'cp "$(command -v busybox)" "$0/sleep"', root]);
  const tar = execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '-cf', '-', 'sleep'], {
    maxBuffer: 1 << 26,
  });
  const layout = layoutOf(world, { v1: buildImage({ layers: [tar], config: { Cmd: ['/sleep', '1000'] } }) });
  writeFileSync(join(world.dir, 'seed'), 'lxc.net.0.type = empty\n');
  await world.sh(`tlxc-create -f seed -n c1 -t oci -- -u oci:${layout} && tlxc-start -n c1`);
  // It handles no signal, and PID 1 gets none that it does not handle: there is nothing to wait for.
  const before = Date.now();
  await world.sh('tlxc-stop -n c1');
  t.true(Date.now() - before < 20_000);
});

local(
  'tlxc-execute runs the image’s command as its user, in its directory; tlxc-image pulls and shows it',
  async (t) => {
    const world = await makeWorld(t);
    const command = ['sh', '-c', 'echo $(id -u):$(id -g) $PWD "$A"; exit 7'];
    const config = {
      Entrypoint: command,
      User: 'user',
      WorkingDir: '/new/place',
      Env: ['A=b  c', 'PATH=/bin'],
    };
    layoutOf(world, { v1: buildImage({ layers: [busyboxTar()], config }) });
    writeFileSync(join(world.dir, 'seed'), 'lxc.net.0.type = empty\n');
    const pulled = await world.sh('tlxc-image pull oci:layout:v1');
    t.regex(pulled, /^oci:\/.*\/layout:v1 [0-9a-f]{12}\n$/);
    const made = await world.sh('tlxc-create -f seed -n c1 -t oci -- -u oci:layout:v1');
    t.regex(made, /Using image from local cache/);
    const { code, stdout } = await world.run('tlxc-execute', '-n', 'c1');
    t.is(stdout, '1000:1000 /new/place b  c\n');
    t.is(code, 7);
    t.regex(
      await world.sh('tlxc-image prune --all 2>&1; tlxc-destroy -n c1; tlxc-image prune --all 2>&1'),
      /^0 removed.*layout:v1.*1 removed/s,
    );
  },
);

local('--dhcp fails where nobody would give an address; without it that is told', async (t) => {
  const world = await makeWorld(t);
  layoutOf(world, { v1: buildImage({ layers: [[{ path: 'a' }]] }) });
  const seed = ['type = veth', 'link = another0', 'flags = up'].map((line) => `lxc.net.0.${line}\n`);
  writeFileSync(join(world.dir, 'seed'), seed.join(''));
  const make = (...words: readonly string[]) =>
    world.run('tlxc-create', '-f', 'seed', '-n', 'c1', '-t', 'oci', '--', '-u', 'oci:layout', ...words);
  const refused = await make('--dhcp');
  t.is(refused.code, 1);
  t.regex(
    refused.stderr,
    /no DHCP client is run for a container \(--dhcp\).*lxc\.net\.0.*hint: .*ipv4\.address/s,
  );
  const made = await make();
  t.regex(made.stdout, /names no program.*lxc\.net\.0 gets no IPv4 address/s);
});

local('what cannot be is said before anything is fetched', async (t) => {
  const world = await makeWorld(t);
  for (const [words, message] of [
    [[], /no OCI URL given/],
    [['-u', 'debian', '--password', 'x'], /password given but no username specified/],
    [['-u', 'docker-daemon:debian'], /storage of another tool/],
    [['-u', 'Debian:12'], /no repository's name/],
    [['-u', 'debian', '--arch', 'windows/amd64'], /is no architecture/],
    [['-u', 'oci:/nowhere'], /no OCI image layout/],
    [['--mount-helper=x'], /--mount-helper/],
  ] as const) {
    const { code, stderr } = await create(world, 'c1', ...words);
    t.is(code, 1);
    t.regex(stderr, message);
  }
  t.regex(await world.sh('tlxc-create -n c1 -t oci -- --help'), /docker:\/\/\[HOST/);
});

users(
  'a plain user makes and runs a container of an image, whose owners are the user’s subordinate ids',
  async (t) => {
    const user = await makeUser(t);
    const config = { Cmd: ['sh', '-c', 'stat -c %u:%g /file; id -u'], User: 'user' };
    const layers = [
      busyboxTar(),
      [{ path: 'file', content: 'x', uid: 7, gid: 8 }, { path: 'etc/.wh.inittab' }],
    ];
    writeLayout(join(user.home, 'layout'), { v1: buildImage({ layers, config }) });
    await user.world.sh(`chown -R ${USER.uid} home/layout`);
    await user.sh("echo 'lxc.net.0.type = empty' > seed; tlxc-create -n c1 -f seed -t oci -- -u oci:layout");
    t.is(await user.sh('tlxc-execute -n c1 2>/dev/null'), '7:8\n1000\n');
    const file = join(user.home, '.cache/tlxc/ids-*/images/*/rootfs/file');
    t.is(await user.world.sh(`stat -c %u:%g ${file}`), `${USER.firstUid + 7}:${USER.firstGid + 8}\n`);
    t.regex(await user.sh('tlxc-image verify'), /: sound/);
  },
);
