/** Limits in a container's configuration file: its lines of them are edited, all others stay as they are. */
import { writeFileAtomically } from '../../config/atomic-write.ts';
import { ConfigDocument } from '../../config/document.ts';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig } from '../../config/model.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { probeHost } from '../../host/probe.ts';
import { equalsOf, translateSetting } from '../../plan/cgroup-translation.ts';
import { containerPaths } from '../paths.ts';
import type { Change } from './change.ts';
import type { Which } from './live.ts';
import type { Environment } from '../../environment.ts';

export interface SavedWhich extends Which {
  readonly environment: Environment;
}

const keyOf = (world: 1 | 2, file: string): string => `lxc.cgroup${world === 2 ? '2' : ''}.${file}`;

/** What a throttle's change leaves of a line of its file: "8:0 rbps=1 wbps=2" without rbps; "": nothing. */
function without(value: string, { device, part }: NonNullable<Change['line']>): string {
  const [first = '', ...parts] = value.trim().split(/\s+/);
  if (first !== device) return value;
  const left = parts.filter((each) => !each.startsWith(`${part}=`));
  return left.length === 0 ? '' : [first, ...left].join(' ');
}

function clear(document: ConfigDocument, { world, file, line }: Change): void {
  const key = keyOf(world, file);
  if (!line) {
    document.remove(key);
    return;
  }
  for (const value of document.values(key)) {
    const left = without(value, line);
    if (left === '') document.remove(key, value);
    else if (left !== value) document.replace(key, value, left);
  }
}

/** The lines of an included file that say something of the same limit. */
function included(config: ContainerConfig, world: 1 | 2, file: string): boolean {
  return (world === 2 ? config.cgroup2 : config.cgroup1).some(
    ({ value, at }) => value.file === file && at.file !== config.configFile,
  );
}

/**
 * What the other world's words for it are would count where the host is of that world: the file's own lines go, against those of
 * an included file the limit is written in these words, too.
 */
function editOthers(document: ConfigDocument, config: ContainerConfig, change: Change): void {
  const { world, file, value, none, line } = change;
  const other = world === 2 ? 1 : 2;
  const files = equalsOf(file, world);
  if (!line) for (const each of files) document.remove(keyOf(other, each));
  if (!files.some((each) => included(config, other, each))) return;
  const last = (each: string): string | undefined => document.values(keyOf(world, each)).at(-1);
  const beside = { last, blockWeights: probeHost().blockWeights };
  const translated = translateSetting({ file, value: value ?? none }, world, beside);
  if ('why' in translated) return;
  for (const each of translated) document.append(keyOf(other, each.file), each.value);
}

function edit(document: ConfigDocument, config: ContainerConfig, change: Change): void {
  const { world, file, value, none, line } = change;
  const key = keyOf(world, file);
  if (value !== null && !line) document.set(key, value);
  else clear(document, change);
  if (value !== null && line) document.append(key, value);
  // Only a line of its own stands against that of a file that is included.
  if (value === null && included(config, world, file)) document.append(key, none);
  editOthers(document, config, change);
}

/** Throws TLXC_E_CONFIG where the file is broken before it is touched. Under the container's lock. */
export function changeSaved(which: SavedWhich, changes: readonly Change[]): void {
  const { name, lxcpath, system, environment } = which;
  const { config: configFile } = containerPaths(system, lxcpath, name);
  const config = loadContainerConfig({ name, lxcpath, configFile, environment });
  const { text } = readConfigFile(configFile);
  const document = ConfigDocument.parse(text, configFile);
  for (const change of changes) edit(document, config, change);
  if (document.toString() !== text) writeFileAtomically(configFile, document.toString());
}

/** The value in force of a limit, in cgroup v2's words; undefined: none is written. */
export function savedValue(config: ContainerConfig, file: string): string | undefined {
  const own = config.cgroup2.filter(({ value }) => value.file === file).map(({ value }) => value.value);
  if (own.length > 0) return file === 'io.max' ? own.join('\n') : own.at(-1);
  const lines = [...config.cgroup1];
  const last = (each: string) => lines.findLast(({ value }) => value.file === each)?.value.value;
  const values = lines
    .filter(({ value }) => equalsOf(value.file, 1).includes(file))
    .flatMap(({ value }) => {
      const translated = translateSetting(value, 1, { last, blockWeights: ['io.weight'] });
      return 'why' in translated
        ? []
        : translated.filter((each) => each.file === file).map((each) => each.value);
    });
  return file === 'io.max' && values.length > 0 ? values.join('\n') : values.at(-1);
}
