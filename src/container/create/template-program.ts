/** Filling a new container by a template program, LXC's own among them (-t /absolute/path). */
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfigFile } from '../../config/read-file.ts';
import { SHIPPED_CONFIG, shippedPath } from '../../config/shipped.ts';
import { TlxcError } from '../../errors.ts';
import { moveTree, removeTree, syncFilesystem } from '../../host/trees.ts';
import { asEvents } from '../../image/progress.ts';
import { runTemplateProgram } from '../../image/templates/program.ts';
import type { NewRootfs } from '../../storage/backend.ts';
import { nameCopy } from '../../storage/name-container.ts';
import { plainView } from '../../storage/view.ts';
import { writeConfig, type Making } from './making.ts';
import { headerLines, idmapLines, type NewConfig } from './new-config.ts';

/** What it has filled, while that is copied. */
const FILLED = '.filled';

/** What was filled; `failure`: why not all of it, where that is kept (CreateRequest.keepOnFailure). */
export interface Filled {
  /** The value of lxc.rootfs.path. */
  readonly path: string;
  readonly failure: TlxcError | null;
}

/**
 * The program finds the configuration that LXC would give it, and its additions are kept as they are. It fills a directory; what
 * is to hold the root filesystem takes that over.
 */
export async function fillByProgram(making: Making, config: Omit<NewConfig, 'rootfsPath'>): Promise<Filled> {
  const { request, staging, paths, onEvent } = making;
  checkProgram(request.template);
  const rootfs = join(staging, 'rootfs');
  const file = join(staging, 'config');
  mkdirSync(rootfs, { mode: 0o755 });
  const before = [
    ...config.seed.network,
    ...idmapLines(config),
    `lxc.rootfs.path = dir:${rootfs}`,
    ...config.seed.others,
  ];
  writeFileSync(file, `${before.join('\n')}\n`, { mode: 0o640 });
  const running = runTemplateProgram({
    program: request.template,
    path: staging,
    name: request.name,
    rootfs,
    args: request.templateArgs,
    mapping: making.mapping,
    environment: request.environment,
    onLine: (line) => onEvent({ kind: 'output', line }),
    ...(request.stdio && { stdio: request.stdio }),
  });
  const failure = await running.then(
    () => null,
    (error: unknown) => kept(error, making),
  );
  const written = readFileSync(file, 'utf8').replaceAll(staging, paths.dir);
  const filled = `dir:${join(paths.dir, 'rootfs')}`;
  const { path, view } = await settle(making, filled);
  const { name, cloudInit } = request;
  // Names are the program's to give; what is told anew says them once more.
  if (cloudInit && !failure) await nameCopy({ view, staging }, { name, keepMachineId: true, cloudInit });
  const body = written.replaceAll(filled, () => path);
  const text = `${headerLines(config).join('\n')}\n\n${withIncludes(body, config)}`;
  if (failure) writeUnfinished(making, text);
  else writeConfig(making, text);
  await syncFilesystem(staging);
  return { path, failure };
}

/** The failure, where what there is so far is to be kept; throws it otherwise. */
function kept(error: unknown, { request, paths }: Making): TlxcError {
  if (request.keepOnFailure !== true || !(error instanceof TlxcError)) throw error;
  const { name } = paths;
  const hint = `what it has made so far is kept as the container ${name}: look at it in ${paths.dir} or by tlxc-file, and remove it by tlxc-destroy -n ${name}`;
  return new TlxcError({ ...error.details, container: name, hint });
}

/** Its configuration may be no more finished than the rest. */
function writeUnfinished(making: Making, text: string): void {
  try {
    writeConfig(making, `# Unfinished: its template failed, and --keep-on-failure was given.\n${text}`);
  } catch (error) {
    if (!(error instanceof TlxcError && error.details.code === 'TLXC_E_CONFIG')) throw error;
  }
}

/** Where the directory was asked for, or nothing, it is the root filesystem already. */
async function settle(
  { backend, request, staging, paths, onEvent }: Making,
  filled: string,
): Promise<Pick<NewRootfs, 'path' | 'view'>> {
  if (backend === null) return { path: filled, view: plainView(join(staging, 'rootfs')) };
  const tree = join(staging, FILLED);
  await moveTree(join(staging, 'rootfs'), tree);
  const place = { staging, final: paths.dir, name: request.name, onStage: asEvents(onEvent) };
  const { settings } = request.system;
  const made = await backend.create({ ...place, options: request.volume ?? {}, settings }, plainView(tree));
  await removeTree(tree);
  return made;
}

/** A program that includes nothing gets TLXC's defaults; for mapped ids their half of them is needed in any case. */
function withIncludes(body: string, { distribution, idmapped }: Omit<NewConfig, 'rootfsPath'>): string {
  if (!/^\s*lxc\.include\s*=/m.test(body))
    return `${distribution.join('\n')}\n\n${idmapped ? body : withoutDropped(body)}`;
  return idmapped ? `${body.trimEnd()}\nlxc.include = ${SHIPPED_CONFIG}/userns.conf\n` : body;
}

const DROP = /^[ \t]*lxc\.cap\.drop[ \t]*=[ \t]*(\S.*)$/gm;

/**
 * Our profile for root of the host names the capabilities that are kept, which excludes a list of those that are dropped:
 * what the program drops is not kept.
 */
function withoutDropped(body: string): string {
  const dropped = new Set([...body.matchAll(DROP)].flatMap(([, names = '']) => names.trim().split(/\s+/)));
  const profile = readConfigFile(shippedPath(`${SHIPPED_CONFIG}/common.conf`)).text;
  const kept = [...profile.matchAll(/^lxc\.cap\.keep = (.+)$/gm)].flatMap(([, names = '']) =>
    names.split(' '),
  );
  const left = kept.filter((name) => !dropped.has(name));
  const others = body.replace(DROP, '# Not kept: $1');
  return left.length === kept.length
    ? others
    : `${others}\nlxc.cap.keep =\nlxc.cap.keep = ${left.join(' ')}\n`;
}

function checkProgram(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch (cause) {
    throw new TlxcError({
      code: 'TLXC_E_TEMPLATE',
      message: `Template "${program}" not found, or not executable`,
      path: program,
      cause,
      hint: 'tlxc-create(1) tells of the templates that there are; others are named by their path',
    });
  }
}
