/** Publishes a root filesystem the way linuxcontainers.org does, so that every client of theirs can fetch it. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'tar';
import { programError, startProgram } from '../host/program.ts';
import { indexSystem, streamIndex, streamImages, type PublishedBuild } from './published-index.ts';

export interface Publication {
  /** The server's document root. */
  readonly root: string;
  /** A tar archive, not compressed, of the root filesystem; "./" names, as tar -C ROOTFS -c . writes them. */
  readonly archive: string;
  readonly dist: string;
  readonly release: string;
  readonly arch: string;
  readonly variant: string;
  /** YYYYMMDD_HH:MM */
  readonly build: string;
  readonly message: string;
  /** xz's: 0 is quick, 6 is what servers use. */
  readonly level: number;
}

const DAYS_30 = 30 * 24 * 3600;
/** Blocks of this size are what lets xz decode on every core. */
const BLOCK = '24MiB';

/** Adds the build and renews the indexes. The build's directory appears whole. */
export async function publishImage(publication: Publication): Promise<void> {
  const { root, dist, release, arch, variant, build, level } = publication;
  const parent = join(root, 'images', dist, release, arch, variant);
  const work = join(parent, `.${build}`);
  mkdirSync(work, { recursive: true });
  await compress(publication.archive, join(work, 'rootfs.tar.xz'), level);
  await archiveOf(metadataFiles(publication), join(work, 'meta.tar.xz'));
  await archiveOf({ 'metadata.yaml': incusMetadata(publication) }, join(work, 'incus.tar.xz'));
  await writeChecksums(work);
  await rm(join(parent, build), { recursive: true, force: true });
  await rename(work, join(parent, build));
  await writeIndexes(root);
}

async function compress(from: string, to: string, level: number): Promise<void> {
  const [input, output] = [openSync(from, 'r'), openSync(to, 'w')];
  const xz = startProgram(['xz', '-T0', `-${level}`, `--block-size=${BLOCK}`, '-c'], {
    stdin: input,
    stdout: output,
  });
  closeSync(input);
  closeSync(output);
  const ended = await xz.ended;
  if (ended.status !== 0)
    throw programError(ended, { code: 'TLXC_E_IMAGE', what: `${from} could not be compressed` });
}

async function archiveOf(files: Readonly<Record<string, string>>, to: string): Promise<void> {
  const directory = `${to}.files`;
  mkdirSync(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  await create({ cwd: directory, file: `${to}.tar`, portable: true }, Object.keys(files).sort());
  await compress(`${to}.tar`, to, 6);
  await rm(directory, { recursive: true });
  await rm(`${to}.tar`);
}

function metadataFiles({ message, arch }: Publication): Record<string, string> {
  const include = (name: string) => `lxc.include = LXC_TEMPLATE_CONFIG/${name}.conf\n`;
  const personality = `lxc.arch = ${['i386', 'armhf'].includes(arch) ? 'linux32' : 'linux64'}\n`;
  const devices = ['console', 'full', 'null', 'ptmx', 'random', 'tty', 'urandom', 'zero'];
  return {
    config: include('common') + personality,
    'config-user': include('common') + include('userns') + personality,
    'create-message': `${message}\n`,
    expiry: `${Math.floor(Date.now() / 1000) + DAYS_30}\n`,
    'excludes-user': devices.map((name) => `./dev/${name}\n`).join(''),
    templates: '/etc/hostname\n/etc/hosts\n',
  };
}

function incusMetadata({ dist, release, arch, variant, build }: Publication): string {
  const now = Math.floor(Date.now() / 1000);
  return [
    `architecture: ${arch === 'amd64' ? 'x86_64' : arch}`,
    `creation_date: ${now}`,
    `expiry_date: ${now + DAYS_30}`,
    'properties:',
    ...Object.entries({ architecture: arch, os: dist, release, serial: build, variant }).map(
      ([key, value]) => `  ${key}: "${value}"`,
    ),
    '',
  ].join('\n');
}

async function digest(...files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function writeChecksums(directory: string): Promise<void> {
  const files = readdirSync(directory).sort();
  const lines = await Promise.all(
    files.map(async (file) => `${await digest(join(directory, file))}  ${file}\n`),
  );
  writeFileSync(join(directory, 'SHA256SUMS'), lines.join(''));
}

/** All complete builds below root, those of one product oldest first. */
async function findBuilds(root: string): Promise<PublishedBuild[]> {
  const builds: PublishedBuild[] = [];
  const base = join(root, 'images');
  for (const directory of walk(base, 5)) {
    const [dist = '', release = '', arch = '', variant = '', build = ''] = directory.split('/');
    const file = (name: string) => join(base, directory, name);
    const described = async (name: string) => ({
      name,
      sha256: await digest(file(name)),
      size: statSync(file(name)).size,
    });
    builds.push({
      ...{ dist, release, arch, variant, build, directory: `images/${directory}` },
      rootfs: await described('rootfs.tar.xz'),
      incus: await described('incus.tar.xz'),
      combined: await digest(file('incus.tar.xz'), file('rootfs.tar.xz')),
    });
  }
  return builds;
}

function walk(base: string, depth: number, below = ''): string[] {
  if (depth === 0) return [below];
  const entries = readdirSync(join(base, below)).filter((name) => !name.startsWith('.'));
  return entries.sort().flatMap((name) => walk(base, depth - 1, below === '' ? name : `${below}/${name}`));
}

async function writeIndexes(root: string): Promise<void> {
  const builds = await findBuilds(root);
  mkdirSync(join(root, 'meta/1.0'), { recursive: true });
  mkdirSync(join(root, 'streams/v1'), { recursive: true });
  for (const name of ['index-system', 'index-user'])
    writeFileSync(join(root, 'meta/1.0', name), indexSystem(builds));
  writeFileSync(join(root, 'streams/v1/images.json'), JSON.stringify(streamImages(builds), null, 1));
  writeFileSync(join(root, 'streams/v1/index.json'), JSON.stringify(streamIndex(builds), null, 1));
}
