/** Publishes a root filesystem the way linuxcontainers.org does, so that every client of theirs can fetch it. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { renameDurably, syncFilesystem } from '../host/trees.ts';
import { sha256OfFiles } from './digest.ts';
import { defaultMetadata, type ImageMetadata } from './metadata.ts';
import { incusMetadataText, lxcMetadataFiles, writeMetadataArchive } from './metadata-files.ts';
import { indexSystem, streamIndex, streamImages, type PublishedBuild } from './published-index.ts';
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
/** What a build must have to be listed. */
const COMPLETE = ['rootfs.tar.xz', 'incus.tar.xz', 'SHA256SUMS'];

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
  await bringBack(place);
  await rm(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
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

/** All complete builds below root, those of one product oldest first. */
async function findBuilds(root: string): Promise<PublishedBuild[]> {
  const builds: PublishedBuild[] = [];
  const base = join(root, 'images');
  for (const directory of walk(base, 5)) {
    const [dist = '', release = '', arch = '', variant = '', build = ''] = directory.split('/');
    const file = (name: string) => join(base, directory, name);
    if (!COMPLETE.every((name) => existsSync(file(name)))) continue;
    const described = async (name: string) => ({
      name,
      sha256: await sha256OfFiles(file(name)),
      size: statSync(file(name)).size,
    });
    builds.push({
      ...{ dist, release, arch, variant, build, directory: `images/${directory}` },
      rootfs: await described('rootfs.tar.xz'),
      incus: await described('incus.tar.xz'),
      combined: await sha256OfFiles(file('incus.tar.xz'), file('rootfs.tar.xz')),
    });
  }
  return builds;
}

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
  mkdirSync(join(root, 'meta/1.0'), { recursive: true });
  mkdirSync(join(root, 'streams/v1'), { recursive: true });
  for (const name of ['index-system', 'index-user'])
    writeFileAtomically(join(root, 'meta/1.0', name), indexSystem(builds));
  const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;
  writeFileAtomically(join(root, 'streams/v1/images.json'), json(streamImages(builds)));
  writeFileAtomically(join(root, 'streams/v1/index.json'), json(streamIndex(builds)));
  return builds.length;
}
