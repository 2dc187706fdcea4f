/** An image's metadata written out again: one set of files that LXC's templates and Incus each read their part of. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { SHIPPED_CONFIG } from '../config/shipped.ts';
import { compressFile } from './archive.ts';
import { isImageLine, type ImageMetadata } from './metadata.ts';
import type { ImageNames } from './stored-image.ts';

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
/** Only what every reader takes from an image; shipped configuration is where LXC's templates look for it. */
const portable = (lines: readonly string[]) =>
  text(lines.filter(isImageLine).map((line) => line.replace(`${SHIPPED_CONFIG}/`, 'LXC_TEMPLATE_CONFIG/')));

/** Members of meta.tar.xz. */
export function lxcMetadataFiles(metadata: ImageMetadata): Record<string, string> {
  const { systemConfig, userConfig, message, expiry, excludes, templates } = metadata;
  return {
    config: portable(systemConfig),
    'config-user': portable(userConfig),
    'create-message': `${message}\n`,
    ...(expiry === 0 ? {} : { expiry: `${expiry}\n` }),
    'excludes-user': text(excludes),
    templates: text(templates),
  };
}

/** metadata.yaml. */
export function incusMetadataText(names: ImageNames, expiry: number, created: number): string {
  const { dist, release, arch, variant, build } = names;
  const properties = { architecture: arch, os: dist, release, serial: build, variant };
  return text([
    `architecture: ${INCUS_ARCHITECTURES[arch] ?? arch}`,
    `creation_date: ${created}`,
    ...(expiry === 0 ? [] : [`expiry_date: ${expiry}`]),
    'properties:',
    ...Object.entries(properties)
      .filter(([, value]) => value !== '')
      .map(([key, value]) => `  ${key}: "${value}"`),
  ]);
}

const INCUS_ARCHITECTURES: Readonly<Record<string, string>> = {
  ...{ amd64: 'x86_64', arm64: 'aarch64', armhf: 'armv7l', i386: 'i686', ppc64el: 'ppc64le' },
};

/** Writes the files into one tar archive at `to`, compressed as its name says. */
export async function writeMetadataArchive(
  files: Readonly<Record<string, string>>,
  to: string,
): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'tlxc-metadata-'));
  try {
    const members = join(work, 'members');
    mkdirSync(members);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(members, name), content);
    await create({ cwd: members, file: join(work, 'tar'), portable: true }, Object.keys(files).sort());
    await compressFile(join(work, 'tar'), to);
  } finally {
    rmSync(work, { recursive: true });
  }
}
