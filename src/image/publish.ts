/** Publishes a root filesystem the way linuxcontainers.org does, so that every client of theirs can fetch it. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { renameDurably, syncFilesystem } from '../host/trees.ts';
import { sha256OfFiles } from './digest.ts';
import { defaultMetadata, type ImageMetadata } from './metadata.ts';
import { incusMetadataText, lxcMetadataFiles, writeMetadataArchive } from './metadata-files.ts';
import { indexSystem, streamIndex, streamImages, type PublishedBuild } from './published-index.ts';
import { makeServedDirectories, openServed, type ServedFile } from './served-files.ts';
import type { ImageNames } from './stored-image.ts';

/** All five names make the build's directory: none may be empty. */
export interface Publication extends ImageNames {
  /** The server's document root. */
  readonly root: string;
  /** Writes the root filesystem to the file it is given, a .tar.xz; its members begin with "./". */
  readonly writeRootfs: (file: string) => Promise<void>;
  readonly metadata: ImageMetadata;
}

const DAYS_30 = 30 * 24 * 3600;
const DEVICES = ['console', 'full', 'null', 'ptmx', 'random', 'tty', 'urandom', 'zero'];

/** The metadata that distributions' images come with: a message, a month to live, device nodes left out. */
export const publishedMetadata = (arch: string, message: string): ImageMetadata => ({
  ...defaultMetadata(arch),
  message,
  expiry: Math.floor(Date.now() / 1000) + DAYS_30,
  excludes: DEVICES.map((name) => `./dev/${name}`),
});

/** Adds the build and renews the indexes. The build's directory appears whole and synced; one of before goes only then. */
export async function publishImage(publication: Publication): Promise<void> {
  const { root, dist, release, arch, variant, build, metadata } = publication;
  const parent = join(root, 'images', dist, release, arch, variant);
  const work = join(parent, `.${build}`);
  const place = join(parent, build);
  makeServedDirectories(root, 'images', dist, release, arch, variant);
  await bringBack(place);
  await rm(work, { recursive: true, force: true });
  makeServedDirectories(root, 'images', dist, release, arch, variant, `.${build}`);
  try {
    await publication.writeRootfs(join(work, 'rootfs.tar.xz'));
    await writeMetadataArchive(lxcMetadataFiles(metadata), join(work, 'meta.tar.xz'));
    const yaml = incusMetadataText(publication, metadata.expiry, Math.floor(Date.now() / 1000));
    await writeMetadataArchive({ 'metadata.yaml': yaml }, join(work, 'incus.tar.xz'));
    await writeChecksums(work);
    await syncFilesystem(work);
    if (existsSync(place)) await rename(place, asideOf(place));
    renameDurably(work, place);
  } catch (error) {
    await bringBack(place);
    await rm(work, { recursive: true, force: true });
    throw error;
  }
  await rm(asideOf(place), { recursive: true, force: true });
  await renewIndexes(root);
}

/** Where a build waits until the one that replaces it is there. */
const asideOf = (place: string): string => join(dirname(place), `.${basename(place)}.old`);

/** Ends a replacement that did not come to its end, now or by a process that was killed. */
async function bringBack(place: string): Promise<void> {
  const aside = asideOf(place);
  if (!existsSync(aside)) return;
  if (existsSync(place)) await rm(aside, { recursive: true });
  else renameDurably(aside, place);
}

async function writeChecksums(directory: string): Promise<void> {
  const lines: string[] = [];
  for (const file of readdirSync(directory).sort())
    lines.push(`${await sha256OfFiles(join(directory, file))}  ${file}\n`);
  writeFileAtomically(join(directory, 'SHA256SUMS'), lines.join(''));
}

/** All builds below root that have what clients need, those of one product oldest first. */
async function findBuilds(root: string): Promise<PublishedBuild[]> {
  const builds: PublishedBuild[] = [];
  for (const names of walk(join(root, 'images'), 5)) {
    const [dist = '', release = '', arch = '', variant = '', build = ''] = names.split('/');
    const directory = `images/${names}`;
    const rootfs = await described(root, directory, 'rootfs.tar.xz');
    const incus = await described(root, directory, 'incus.tar.xz', 'rootfs.tar.xz');
    const sums = openServed(root, `${directory}/SHA256SUMS`);
    if (sums) closeSync(sums.fd);
    if (!rootfs || !incus || !sums) continue;
    builds.push({
      ...{ dist, release, arch, variant, build, directory },
      rootfs,
      incus,
      combined: incus.combined,
    });
  }
  return builds;
}

/** null: it is not there to be served. combined: of it and what follows it, as one. */
async function described(root: string, directory: string, name: string, ...following: readonly string[]) {
  const files = [name, ...following].map((each) => openServed(root, `${directory}/${each}`));
  try {
    const [file] = files;
    if (!file || files.includes(null)) return null;
    const hash = createHash('sha256');
    let sha256 = '';
    for (const each of files) {
      if (each) for await (const chunk of reading(each)) hash.update(chunk as Buffer);
      if (each === file) sha256 = hash.copy().digest('hex');
    }
    return { name, sha256, size: Number(file.stats.size), combined: hash.digest('hex') };
  } finally {
    for (const each of files) if (each) closeSync(each.fd);
  }
}

const reading = ({ fd }: ServedFile) =>
  createReadStream('', { fd, autoClose: false, start: 0, highWaterMark: 1 << 20 });

function walk(base: string, depth: number, below = ''): string[] {
  if (depth === 0) return [below];
  const path = join(base, below);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  const entries = readdirSync(path).filter((name) => !name.startsWith('.'));
  return entries.sort().flatMap((name) => walk(base, depth - 1, below === '' ? name : `${below}/${name}`));
}

/** Writes both kinds of index anew from the builds below root/images, and tells how many there are. */
export async function renewIndexes(root: string): Promise<number> {
  const builds = await findBuilds(root);
  makeServedDirectories(root, 'meta', '1.0');
  makeServedDirectories(root, 'streams', 'v1');
  for (const name of ['index-system', 'index-user'])
    writeFileAtomically(join(root, 'meta/1.0', name), indexSystem(builds));
  const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;
  writeFileAtomically(join(root, 'streams/v1/images.json'), json(streamImages(builds)));
  writeFileAtomically(join(root, 'streams/v1/index.json'), json(streamIndex(builds)));
  return builds.length;
}
