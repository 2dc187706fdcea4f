/** What tlxc-image serve publishes is an image server for LXC's own client and for ours, over HTTPS that is checked. */
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'overlay', 'busybox');
const beside = requires('root', 'userns', 'overlay', 'busybox', 'lxc');

const SERVER = '127.0.0.1:8443';

/** A served directory with one busybox image; the server ends with the test. Returns the certificate's file. */
async function serve(t: ExecutionContext, world: World, ...options: string[]): Promise<string> {
  await world.sh(`mkdir www; echo 'lxc.net.0.type = empty' > seed; tlxc-create -n c1 -f seed -t busybox
    tlxc-image export busybox www --alias busybox/one; touch www/.secret`);
  const line = ['tlxc-image serve', ...options, 'www & read end; kill $!; wait $!; echo "ended $?"'].join(
    ' ',
  );
  // The shell goes on when its standard input ends.
  const child = world.spawn('sh', '-c', line);
  const lines = createInterface({ input: child.stdout });
  const said: string[] = [];
  let hints = '';
  child.stderr.on('data', (bytes: Buffer) => (hints += bytes.toString()));
  lines.on('line', (text: string) => said.push(text));
  const ended = once(child, 'close');
  // Before the first thing that may fail: a world ends with its servers.
  t.teardown(async () => {
    child.stdin.end();
    await ended;
    if (said.at(-1) !== 'ended 0') throw new Error(`a signal did not end it in good order: ${said.at(-1)}`);
  });
  await eventually(30, () => Promise.resolve(said.length === 3 ? true : undefined));
  t.is(said[0], `https://${SERVER}/ serves 1 image`);
  if (options.includes('--cert')) t.is(hints, '');
  else await eventually(30, () => Promise.resolve(hints.includes('tlxc.image.ca') || undefined));
  return (said[1] ?? '').replace('certificate: ', '');
}

rooted('TLXC fetches from it what it exported, and refuses it without its certificate', async (t) => {
  const world = await makeWorld(t);
  const certificate = await serve(t, world);
  const refused = await world.run('tlxc-image', 'pull', 'busybox', 'one', '--server', SERVER);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /self-signed certificate\n.*tlxc\.image\.ca/);
  await world.sh(`tlxc-config tlxc.image.ca ${certificate}`);
  t.regex(await world.sh(`tlxc-image list --remote --server ${SERVER}`), /^busybox +one +amd64 +default/m);
  await world.sh(`tlxc-image pull busybox one --server ${SERVER}
    tlxc-create -n c2 -f seed -t download -- -d busybox -r one --server ${SERVER}
    tlxc-start -n c2; tlxc-attach -n c2 -- true; tlxc-stop -k -n c2`);
  const get = (path: string, ...words: string[]) =>
    world.sh(`NODE_EXTRA_CA_CERTS=${certificate} node -e '
      fetch("https://${SERVER}${path}", {${words.join(' ')}}).then(async (r) => console.log(r.status, await r.text()))'`);
  t.regex(await get('//meta/1.0/index-system'), /^200 busybox;one;amd64;default;\d{8}_\d\d:\d\d;\/images\//);
  for (const path of ['/.secret', '/meta/1.0/index-system.7', '/..%2f..%2fetc/passwd', '/images'])
    t.regex(await get(path), /^404 $/m, path);
  t.regex(await get('/meta/1.0/index-system', 'method: "POST"'), /^405/);
});

beside('Debian’s lxc-create takes an image from it', async (t) => {
  const world = await makeWorld(t);
  const certificate = await serve(t, world);
  await world.sh(`mkdir lxcs; printf 'ca_certificate=${certificate}\\n' > wgetrc`);
  const env = { WGETRC: join(world.dir, 'wgetrc'), LXC_CACHE_PATH: join(world.dir, 'lxc-cache') };
  const words = ['-P', join(world.dir, 'lxcs'), '-n', 'l1', '-t', 'download', '--'];
  const made = await world.runWith(
    { env },
    'lxc-create',
    ...words,
    '--server',
    SERVER,
    '-d',
    'busybox',
    '-r',
    'one',
    '-a',
    'amd64',
  );
  t.is(made.code, 0, made.stderr);
  t.regex(await world.sh('cat lxcs/l1/config'), /^lxc\.include = \/usr\/share\/lxc\/config\/common\.conf$/m);
  t.is(await world.sh('cmp lxcs/l1/rootfs/bin/busybox cache/images/*/rootfs/bin/busybox'), '');
});

rooted('a given certificate is used; what cannot be served is refused by name', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=given \
    -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem 2>/dev/null`);
  t.is(await serve(t, world, '--cert', 'cert.pem', '--key', 'key.pem'), join(world.dir, 'cert.pem'));
  const refusal = async (...words: string[]) => (await world.run('tlxc-image', 'serve', ...words)).stderr;
  t.regex(await refusal('www'), /127\.0\.0\.1:8443 cannot be listened on: address already in use/);
  t.regex(await refusal('lxc'), /lxc is no directory of images: it has no images\//);
  t.regex(await refusal('--cert', 'cert.pem', 'www'), /--cert and --key go together/);
  t.regex(await refusal('--listen', 'x:y', 'www'), /--listen x:y is no \[ADDRESS:\]PORT/);
  t.regex(
    await refusal('--cert', 'seed', '--key', 'seed', 'www'),
    /the certificate .*seed .* cannot be used/,
  );
  await world.sh('openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.pem');
  t.regex(
    await refusal('--cert', 'cert.pem', '--key', 'other.pem', 'www'),
    /the key .*other\.pem does not belong to the certificate .*cert\.pem\n/,
  );
});
