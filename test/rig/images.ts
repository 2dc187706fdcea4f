/** An image server of the world's own, that has Debian 12 as linuxcontainers.org has it. */
import type { ExecutionContext } from 'ava';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compressFile } from '../../src/image/archive.ts';
import { publishedMetadata, publishImage } from '../../src/image/publish.ts';
import { cacheDir } from './cache.ts';
import { debianRootfsTar } from './debian.ts';
import type { World } from './world.ts';
import { loader } from './typescript.ts';

const published = join(cacheDir, 'images-1');
const server = fileURLToPath(new URL('../../.ci/image-server.ts', import.meta.url));
const port = 8087;
const url = `http://127.0.0.1:${port}/`;
const BUILD = '20260101_05:24';

/** The setting that makes a world's tlxc-create ask serveDebian's server. */
export const imageServerSetting = `tlxc.image.server = ${url}`;

/** Published once and kept; whoever is slower than another test throws its own away. */
async function publish(): Promise<void> {
  if (existsSync(published)) return;
  const root = `${published}.${process.pid}`;
  mkdirSync(dirname(root), { recursive: true });
  await publishImage({
    ...{
      root,
      dist: 'debian',
      release: 'bookworm',
      arch: debianArchitecture(),
      variant: 'default',
      build: BUILD,
    },
    writeRootfs: (file) => compressFile(debianRootfsTar(), file, 1),
    metadata: publishedMetadata(debianArchitecture(), 'A Debian 12 for tests.'),
  });
  try {
    renameSync(root, published);
  } catch {
    rmSync(root, { recursive: true });
  }
}

function debianArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

/** The directory that a server of the image serves. */
export async function publishedRoot(): Promise<string> {
  await publish();
  return published;
}

/** The files of the image, as a server has them. */
export async function publishedDebian(): Promise<{ readonly meta: string; readonly rootfs: string }> {
  await publish();
  const build = join(published, 'images/debian/bookworm', debianArchitecture(), 'default', BUILD);
  return { meta: join(build, 'meta.tar.xz'), rootfs: join(build, 'rootfs.tar.xz') };
}

/** Serves what was published in `root` until the test ends; its URL. */
export async function servePublished(t: ExecutionContext, world: World, root: string): Promise<string> {
  // The shell ends with its standard input, and takes the server with it.
  const child = world.spawn(
    'sh',
    '-c',
    `${process.execPath} --import=${loader} ${server} ${root} ${port} & read end; kill $!`,
  );
  t.teardown(() => child.stdin.end());
  await once(createInterface({ input: child.stdout }), 'line');
  return url;
}

/** Serves Debian until the test ends. */
export async function serveDebian(t: ExecutionContext, world: World): Promise<void> {
  await publish();
  await servePublished(t, world, published);
}
