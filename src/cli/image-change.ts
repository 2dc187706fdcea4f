/** tlxc-image pull, prune, import, export: what changes the store, or comes from it. */
import { existsSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { buildImage, type Material } from '../container/image/build.ts';
import { inWords, pruneImages } from '../container/image/images.ts';
import { isReference, pullReference, pullRelease } from '../container/image/pull.ts';
import { TlxcError } from '../errors.ts';
import { exportImage, exportToServer, type ExportRequest } from '../image/export-image.ts';
import { findStored } from '../image/find-stored.ts';
import { checkAlias, importImage } from '../image/import-image.ts';
import { asEvents } from '../image/progress.ts';
import { imageName } from '../image/stored-image.ts';
import {
  placeOf,
  quietly,
  serversOf,
  stored,
  storedJson,
  storeOf,
  tellStored,
  text,
  type Run,
} from './image-common.ts';
import { seesOutput } from './image-progress.ts';
import { bytesOf, mebibytes } from './image-table.ts';
import { jsonText, printable } from './printable.ts';
import { whileShown } from './progress.ts';
import { usageError } from './usage.ts';

/** Of a registry, an image layout or an archive of one, by tlxc-create's -t oci; else of an image server. */
export const pull: Run = async (invocation, context, words) => {
  const [word = '', release, arch = ''] = words;
  const place = placeOf(invocation, context);
  const { onEvent, done } = quietly(invocation, context);
  const byReference = isReference(word);
  if (!byReference && (release ?? '') === '')
    throw usageError('pull takes: DIST RELEASE [ARCH], or REFERENCE [ARCH] (docker://debian:12)');
  const variant = text(invocation.options['variant']) || 'default';
  const pulled = byReference
    ? pullReference({ ...place, onEvent }, { text: word, arch: release, cwd: context.cwd })
    : pullRelease(
        { ...place, onEvent, servers: serversOf(invocation) },
        { dist: word, release: release ?? '', arch, variant },
      );
  tellStored(await pulled.finally(done), invocation, context);
  return 0;
};

export const prune: Run = async (invocation, context) => {
  const place = placeOf(invocation, context);
  const all = invocation.options['all'] === true;
  const { removed, awaited, layers } = await whileShown(invocation, context, 'removing images', () =>
    pruneImages(storeOf(invocation, context), place, { all }),
  );
  // What layers take is free once nobody has them any more.
  const freed = [...removed.filter(({ info }) => !info.layers), ...layers];
  const bytes = freed.reduce((sum, { info }) => sum + (bytesOf(info) ?? 0), 0);
  if (invocation.options['json'] === true) {
    const kept = awaited.map(({ image, lxcpaths }) => ({ ...storedJson(image), lxcpaths }));
    context.stdout.write(jsonText({ removed: removed.map(storedJson), bytes, kept }));
    return 0;
  }
  for (const image of removed) context.stdout.write(stored(image));
  for (const { image, lxcpaths } of invocation.quiet ? [] : awaited) {
    const name = printable(imageName(image.info));
    const stores = printable(lxcpaths.join(', '));
    context.stderr.write(
      `${name} stays: containers made from it were in ${stores}, which is not there now\n`,
    );
  }
  if (!invocation.quiet) context.stderr.write(`${removed.length} removed, ${mebibytes(bytes)}\n`);
  return 0;
};

function existing(cwd: string, path: string): string {
  const file = resolve(cwd, path);
  if (existsSync(file)) return file;
  throw new TlxcError({ code: 'TLXC_E_USAGE', message: `${path}: no such file`, path: file });
}

export const importing: Run = async (invocation, context, [file = '', meta]) => {
  const alias = text(invocation.options['alias']) || null;
  if (alias !== null) checkAlias(alias);
  const keep = invocation.options['keep'] === true;
  if (keep && text(invocation.options['pack']) === '') throw usageError('--keep goes with --pack');
  const archive = existing(context.cwd, file);
  const metadata = meta === undefined ? null : existing(context.cwd, meta);
  const store = storeOf(invocation, context);
  const { onEvent, done } = quietly(invocation, context);
  await store.sweep(asEvents(onEvent));
  const imported = importImage({ store, archive, metadata, alias, keep, onEvent }).then((image) =>
    store.pack(image, onEvent),
  );
  tellStored(await inWords(`${file} could not be imported`, imported).finally(done), invocation, context);
  return 0;
};

/** What a container, a directory or a template is made into. */
function materialOf({ options }: Parameters<Run>[0], cwd: string, words: readonly string[]): Material {
  const [template, container] = [text(options['template']), text(options['container'])];
  if (template !== '' && container === '') return { kind: 'template', name: template, args: words };
  if (template === '' && container !== '' && words.length === 0)
    return { kind: 'container', name: container };
  const [directory, ...others] = words;
  if (template !== '' || container !== '' || directory === undefined || others.length > 0)
    throw usageError('build takes one of: --template=TEMPLATE, --container=NAME, DIRECTORY');
  return { kind: 'directory', path: existing(cwd, directory) };
}

export const building: Run = async (invocation, context, words) => {
  const alias = text(invocation.options['alias']) || null;
  if (alias !== null) checkAlias(alias);
  const material = materialOf(invocation, context.cwd, words);
  const { onEvent, done } = quietly(invocation, context);
  const outputSeen = seesOutput(context, invocation.quiet);
  const built = buildImage({ ...placeOf(invocation, context), material, alias, onEvent, outputSeen });
  const made = await inWords('the image could not be built', built).finally(done);
  if (typeof made === 'string') context.stdout.write(made);
  else tellStored(made, invocation, context);
  return 0;
};

export const exporting: Run = async (invocation, context, [word = '', to = '', meta]) => {
  const name = text(invocation.options['alias']);
  if (name !== '') checkAlias(name);
  const store = storeOf(invocation, context);
  const image = findStored(store, word);
  const target = resolve(context.cwd, to);
  const failure = `${to} could not be written`;
  const writing = <T>(work: (request: ExportRequest) => Promise<T>): Promise<T> =>
    whileShown(invocation, context, `writing ${printable(to)}`, ({ stage: onStage }) =>
      inWords(failure, work({ store, image, name, onStage })),
    );
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory()) {
    if (meta !== undefined) throw usageError(`${to} is a directory: the metadata goes there as well`);
    const names = await writing((request) => exportToServer(request, target));
    const { dist, release, arch, variant, build } = names;
    context.stdout.write(printable(`${[dist, release, arch, variant].join('/')} ${build}`) + '\n');
    return 0;
  }
  if (extname(to) === '')
    throw usageError(
      `${to} is no directory that is there, and its name does not say what kind of archive it is to be`,
      'make the directory first, or let the name end in .tar.xz, .tar.zst, .tar.gz or .tar',
    );
  const metadata = meta === undefined ? null : resolve(context.cwd, meta);
  await writing((request) => exportImage(request, target, metadata));
  return 0;
};
