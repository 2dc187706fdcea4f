/** Making containers, from an image server, from what is stored, and from each other. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { publishedRoot } from '../rig/images.ts';
import { median, run, sample, type Step } from './sample.ts';

export type Print = (what: string, ours: number, theirs: number, unit: string) => void;

const PORT = 8443;
const IMAGE = ['-d', 'debian', '-r', 'bookworm', '-a', process.arch === 'x64' ? 'amd64' : process.arch];
const FROM_SERVER = ['-t', 'download', '--', '--server', `127.0.0.1:${PORT}`, ...IMAGE];

/** tlxc-image serve, for both; ends with the function that is returned. */
async function serve(): Promise<{ readonly certificate: string; readonly end: () => Promise<void> }> {
  const root = await publishedRoot();
  const server = spawn('tlxc-image', ['serve', '--listen', String(PORT), root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'close');
  for await (const line of createInterface({ input: server.stdout })) {
    const [, certificate] = /^certificate: (.*)/.exec(line) ?? [];
    if (certificate === undefined) continue;
    const end = async () => {
      server.kill('SIGTERM');
      await ended;
    };
    return { certificate, end };
  }
  throw new Error('tlxc-image serve did not say where its certificate is');
}

interface Places {
  readonly stores: Readonly<Record<'tlxc' | 'lxc', string>>;
  /** The world's directory. */
  readonly home: string;
}

/**
 * Prints how long a first create takes, and further ones, with either storage. Before each step all is brought to disk, untimed:
 * TLXC's create waits for what it wrote to be there, which takes in whatever anybody's file has pending, and LXC's leaves that
 * to the kernel. Nothing is removed between the rounds: for minutes after, ext4 passes over each inode that was freed when it looks
 * for one (recently_deleted in fs/ext4/ialloc.c), and the next tree of ten thousand files takes seconds longer. TLXC's stores tell
 * ext4 to begin elsewhere (host/trees.ts), LXC's do not; each round has a new name, so what LXC pays for a name that it had
 * before is not in these figures, and what was removed before they began may be.
 */
export async function compareImages({ stores, home }: Places, rounds: number, print: Print): Promise<void> {
  const { certificate, end } = await serve();
  const [empty, wgetrc, lxcCache] = ['none.conf', 'wgetrc', 'lxc-images'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  run(['tlxc-config', 'tlxc.image.ca', certificate]);
  writeFileSync(empty, '');
  writeFileSync(wgetrc, `ca_certificate=${certificate}\n`);
  const create = (tool: 'tlxc' | 'lxc', what: string, storage: readonly string[] = []): Step => {
    const fresh = what === 'first';
    const lxcCacheOf = (round: number) => (fresh ? `${lxcCache}-${round}` : lxcCache);
    const cacheOf = (round: number) => join(home, fresh ? `images-${round}` : 'images');
    return {
      before: (round) => ['sh', '-ec', `tlxc-config tlxc.cachedir ${cacheOf(round)}; sync`],
      argv: (round) => [
        ...['env', `WGETRC=${wgetrc}`, `LXC_CACHE_PATH=${lxcCacheOf(round)}`, `${tool}-create`],
        ...['-P', stores[tool], '-n', `${what}${round}`, '-f', empty, ...storage, ...FROM_SERVER],
      ],
    };
  };
  const compare = (what: string, ours: Step, theirs: Step) => {
    const times = sample([ours, theirs], rounds);
    print(what, median(times.get(ours) ?? []), median(times.get(theirs) ?? []), 'ms');
  };
  compare('first create of Debian, over HTTPS', create('tlxc', 'first'), create('lxc', 'first'));
  for (const [type, name] of [
    ['overlay', 'overlay'],
    ['dir', 'directory'],
  ] as const) {
    const [ours, theirs] = [create('tlxc', type, ['-B', type]), create('lxc', type)];
    compare(`create of a stored Debian, ${name}`, ours, theirs);
  }
  await end();
}

const COPIES = 100;

/** Copy-on-write copies of a busybox container that run, all at once, and are gone with their end. */
export function compareEphemeral({ stores }: Pick<Places, 'stores'>, print: Print): void {
  const lifetime = (tool: 'tlxc' | 'lxc'): number => {
    const before = readdirSync(stores[tool]).sort();
    const storage = tool === 'lxc' ? ['-B', 'overlayfs'] : [];
    const begin = performance.now();
    for (let index = 0; index < COPIES; index++)
      run([`${tool}-copy`, '-P', stores[tool], '-n', 'b1', '-N', `e${index}`, '-e', ...storage]);
    for (let index = 0; index < COPIES; index++)
      run([`${tool}-stop`, '-P', stores[tool], '-k', '-n', `e${index}`]);
    const time = performance.now() - begin;
    waitUntilGone(stores[tool]);
    const left = readdirSync(stores[tool]).filter((name) => !before.includes(name) && name !== '.trash');
    if (left.length > 0) throw new Error(`${tool} left ${left.join(' ')}`);
    return time;
  };
  const [ours, theirs] = [lifetime('tlxc'), lifetime('lxc')];
  print(`an ephemeral copy's life, of ${COPIES} at once`, ours / COPIES, theirs / COPIES, 'ms');
}

/** LXC destroys after its stop has returned. */
function waitUntilGone(store: string): void {
  for (let tries = 0; tries < 100 && existsSync(join(store, `e${COPIES - 1}`)); tries++)
    run(['sleep', '0.1']);
}

/** A copy-on-write copy of a container. */
export const copySnapshot = (tool: 'tlxc' | 'lxc', store: string): Step => {
  const place = ['-P', store];
  const storage = tool === 'lxc' ? ['-B', 'overlayfs'] : [];
  return {
    argv: [`${tool}-copy`, ...place, '-n', 'b1', '-N', 's1', '-s', ...storage],
    after: [`${tool}-destroy`, ...place, '-n', 's1'],
  };
};
