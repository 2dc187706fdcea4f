/** Images that a shipped template program builds (debian, busybox): built once, then taken from the store. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseLine } from '../../config/document.ts';
import { makeTree } from '../../host/btrfs.ts';
import { packageRoot } from '../../package-root.ts';
import { TlxcError } from '../../errors.ts';
import { defaultMetadata, type ImageMetadata } from '../metadata.ts';
import { debianArch } from '../product.ts';
import type { StoredImage } from '../store.ts';
import { asEvents } from '../progress.ts';
import { runTemplateProgram } from './program.ts';
import type { Template, TemplateRequest, TemplateResult } from './template.ts';

export interface BuiltTemplate {
  readonly name: string;
  readonly usage: string;
  /** Seconds for which a built image is used again. */
  readonly lifetime: number;
  /** The program fetches what it builds from. */
  readonly needsNetwork: boolean;
  /** What of the host goes into the image and makes it another one: a program's digest, a release. */
  readonly ingredients: (
    args: readonly string[],
    environment: TemplateRequest['environment'],
  ) => readonly string[];
}

const FLUSH = ['-F', '--flush-cache'];
const HELP = ['-h', '--help'];

/** The template of a program in templates/. -F (--flush-cache) builds anew, the other words are the program's. */
export function builtTemplate(template: BuiltTemplate): Template {
  return { name: template.name, usage: template.usage, prepare: (request) => prepare(template, request) };
}

async function prepare(template: BuiltTemplate, request: TemplateRequest): Promise<TemplateResult> {
  if (request.args.some((word) => HELP.includes(word))) return { kind: 'text', text: template.usage };
  const args = request.args.filter((word) => !FLUSH.includes(word));
  const program = join(packageRoot, 'templates', `tlxc-${template.name}`);
  const parameters = [
    digest(readFileSync(program)),
    ...template.ingredients(args, request.environment),
    ...args,
  ];
  const title = [template.name, ...args].join(' ');
  const known = args.length === request.args.length ? findBuilt(template, parameters, request) : null;
  if (known) {
    request.onEvent({ kind: 'cached', image: title });
    return { kind: 'image', image: known, metadata: known.info.metadata, title };
  }
  if (template.needsNetwork && request.offline) throw refuseOffline(title);
  const id = digest(JSON.stringify([template.name, parameters, new Date().toISOString()]));
  const make = async (work: string) => {
    request.onEvent({ kind: 'build', image: title });
    const metadata = await build({ template, program, args, work }, request);
    const expiry = Math.floor(Date.now() / 1000) + template.lifetime;
    const source = { kind: 'built', template: template.name, parameters, args } as const;
    return { source, metadata: { ...metadata, expiry }, devices: [] };
  };
  const image = await request.store.obtain(id, make, { onStage: asEvents(request.onEvent) });
  return { kind: 'image', image, metadata: image.info.metadata, title };
}

const refuseOffline = (title: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `offline, and the store has no image built by: ${title}`,
    hint: 'what it has: tlxc-image list; tlxc.image.offline = 0 in tlxc.conf lets it be built',
  });

const digest = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

function findBuilt(
  template: BuiltTemplate,
  parameters: readonly string[],
  { store, offline }: TemplateRequest,
): StoredImage | null {
  const found = store.list().filter(({ info: { source, createdAt } }) => {
    const fresh = offline || createdAt + template.lifetime * 1000 > Date.now();
    const same = source.kind === 'built' && source.template === template.name;
    return fresh && same && JSON.stringify(source.parameters) === JSON.stringify(parameters);
  });
  return found.sort((a, b) => b.info.createdAt - a.info.createdAt)[0] ?? null;
}

interface Build {
  readonly template: BuiltTemplate;
  readonly program: string;
  readonly args: readonly string[];
  readonly work: string;
}

const isArch = (line: string): boolean => line.startsWith('lxc.arch ');

async function build(
  { template, program, args, work }: Build,
  request: TemplateRequest,
): Promise<ImageMetadata> {
  const rootfs = join(work, 'rootfs');
  const config = join(work, 'config');
  makeTree(work, 'rootfs');
  writeFileSync(config, '');
  await runTemplateProgram({
    ...{ program, args, rootfs, template: template.name },
    path: work,
    name: 'LXC_NAME',
    mapping: request.mapping,
    environment: request.environment,
    onLine: (line) => request.onEvent({ kind: 'output', line }),
    outputSeen: request.outputSeen === true,
  });
  const added = readFileSync(config, 'utf8')
    .split('\n')
    .flatMap((raw) => {
      const line = parseLine(raw);
      return line.kind === 'entry' ? [`${line.key} = ${line.value}`] : [];
    });
  const message = existsSync(join(work, 'create-message'))
    ? readFileSync(join(work, 'create-message'), 'utf8')
    : '';
  const shipped = defaultMetadata(debianArch(process.arch));
  // The program knows better what it has built for.
  const others = (lines: readonly string[]) =>
    lines.filter((line) => !isArch(line) || !added.some((own) => isArch(own)));
  return {
    ...shipped,
    systemConfig: [...others(shipped.systemConfig), ...added],
    userConfig: [...others(shipped.userConfig), ...added],
    message: message.trim(),
  };
}
