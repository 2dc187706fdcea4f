/** Making containers, from an image server, from what is stored, and from each other. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { publishedRoot } from '../rig/images.ts';
import { freshExt4, mountFreshExt4, removeFreshExt4 } from './fresh-ext4.ts';
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

/** What is compared, the options of tlxc-create for it, and whether the images that were unpacked before are there. */
const KINDS = [
  { what: 'first create of Debian, over HTTPS', storage: [], stored: false },
  { what: 'create of a stored Debian, overlay', storage: ['-B', 'overlay'], stored: true },
  { what: 'create of a stored Debian, directory', storage: ['-B', 'dir'], stored: true },
] as const;

/**
 * Prints how long a first create takes, and further ones, with either storage. Each step's container, and of a first create the
 * image too, comes to a filesystem of its own, made before it and not timed: nothing is left there for the kernel to write or to
 * forget. TLXC's create waits until its files are on disk, LXC's does not.
 */
export async function compareImages(
  { home }: Pick<Places, 'home'>,
  rounds: number,
  print: Print,
): Promise<void> {
  const { certificate, end } = await serve();
  const [empty, wgetrc] = [join(home, 'none.conf'), join(home, 'wgetrc')];
  run(['tlxc-config', 'tlxc.image.ca', certificate]);
  writeFileSync(empty, '');
  writeFileSync(wgetrc, `ca_certificate=${certificate}\n`);
  const [fresh, kept] = [join(home, 'fresh'), join(home, 'kept')];
  mountFreshExt4(fresh);
  mountFreshExt4(kept);
  for (const { what, storage, stored } of KINDS) {
    const cache = stored ? kept : fresh;
    run(['tlxc-config', 'tlxc.cachedir', join(cache, 'images')]);
    const create = (tool: 'tlxc' | 'lxc', options: readonly string[]): Step => ({
      before: freshExt4(fresh),
      argv: [
        ...['env', `WGETRC=${wgetrc}`, `LXC_CACHE_PATH=${cache}/lxc-images`],
        ...[`${tool}-create`, '-P', join(fresh, tool), '-n', 'c1', '-f', empty, ...options],
        ...FROM_SERVER,
      ],
    });
    const [ours, theirs] = [create('tlxc', storage), create('lxc', [])];
    const times = sample([ours, theirs], rounds);
    print(what, median(times.get(ours) ?? []), median(times.get(theirs) ?? []), 'ms');
  }
  for (const place of [fresh, kept]) removeFreshExt4(place);
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
