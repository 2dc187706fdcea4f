/** Loads a container's configuration: all of it, or one error that names every problem. */
import type { Environment } from '../environment.ts';
import { TlxcError } from '../errors.ts';
import { countOf, inOrder, mayBeDueTo, placeOf, type Mistakes, type SourceLocation } from '../problem.ts';
import { workingDirectory } from '../working-directory.ts';
import { checkTogether } from './checks.ts';
import { containerConfig, type Identity } from './container-config.ts';
import { StatementReader } from './include.ts';
import { BadValue } from './key.ts';
import { withLines, type LineOf } from './locate.ts';
import type { ContainerConfig, InputFile, MountEntry, Sourced } from './model.ts';
import type { Asker } from './open-file.ts';
import { storage } from './registry/storage.ts';
import { readConfigFile } from './read-file.ts';
import { tellableLine } from './secret.ts';
import { Settings } from './settings.ts';
import { fstabLines, mountEntry } from './values/mount.ts';

export interface LoadRequest extends Identity {
  /** KEY=VAL of -s, taken after the file. */
  readonly overrides?: readonly string[];
  /** The caller's: lxc.environment = NAME copies from it. */
  readonly environment: Environment;
}

/** Settings as far as they are good. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly inputs: readonly InputFile[];
  readonly fstabEntries: readonly Sourced<MountEntry>[];
}

/** A configuration as far as it is good, and what is not. */
export interface ReadConfig {
  readonly config: ContainerConfig;
  readonly mistakes: Mistakes;
  /** The line that a place is of, as it was written. */
  readonly lineOf: LineOf;
  /** With whose rights what a file of it names is read. */
  readonly askerOf: (file: string) => Asker;
}

/** The caller's directory is where relative paths of -s begin. */
function takeOverrides(reader: StatementReader, settings: Settings, overrides: readonly string[]): void {
  for (const override of overrides) {
    const [, key = '', value = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/s.exec(override) ?? [];
    const at = { file: '', line: 0, key };
    reader.overrides.set(at, override);
    if (key === '') settings.problem(at, `${tellableLine(override)}: it must be KEY=VAL`, {});
    else reader.take({ key, value, at, directory: workingDirectory() });
  }
}

function readFstab(
  settings: Settings,
  { inputs, texts, speakers }: StatementReader,
): readonly Sourced<MountEntry>[] {
  const fstab = settings.last(storage.fstab);
  if (!fstab) return [];
  try {
    const { text, input } = readConfigFile(fstab.value, speakers.get(fstab.at.file));
    inputs.push(input);
    texts.set(fstab.value, text);
    return [...fstabLines(text)].flatMap(({ line, text: entry }) =>
      fstabEntry(settings, entry, { file: fstab.value, line, key: 'lxc.mount.fstab' }),
    );
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    settings.problem(fstab.at, `lxc.mount.fstab: ${error.message}`, {});
    return [];
  }
}

function fstabEntry(settings: Settings, text: string, at: SourceLocation): Sourced<MountEntry>[] {
  const warn = (message: string): void => void settings.warnings.push(`${placeOf(at)}: ${message}`);
  try {
    return [{ value: mountEntry(text, { warn }), at }];
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    settings.problem(at, `${text}: ${error.message}`, error.fault);
    return [];
  }
}

/** What is wrong only because of a line that was lost is not told; of what lacks a file, nothing can be said. */
function findContradictions(settings: Settings): void {
  if (settings.isPartial) return;
  const told = settings.problems.length;
  checkTogether(settings);
  const found = settings.problems.splice(told);
  settings.problems.push(...found.filter(({ details }) => !mayBeDueTo(settings.lost, details.message)));
}

function readSettings(request: LoadRequest): LoadedSettings & { readonly reader: StatementReader } {
  const settings = new Settings(request.environment);
  const reader = new StatementReader(settings);
  reader.read(request.configFile);
  takeOverrides(reader, settings, request.overrides ?? []);
  findContradictions(settings);
  return { settings, reader, fstabEntries: readFstab(settings, reader), inputs: reader.inputs };
}

/** Throws TLXC_E_CONFIG with every problem where there is one. */
export function refuseProblems({ name, configFile }: Identity, { problems }: Mistakes, lineOf: LineOf): void {
  if (problems.length === 0) return;
  const details = { message: countOf(problems), container: name, path: configFile };
  throw withLines(new TlxcError({ code: 'TLXC_E_CONFIG', ...details, problems: inOrder(problems) }), lineOf);
}

/** Reads the settings, and throws TLXC_E_CONFIG with every problem where there is one. */
export function loadSettings(request: LoadRequest): LoadedSettings {
  const { reader, ...loaded } = readSettings(request);
  refuseProblems(request, loaded.settings, (at) => reader.lineOf(at));
  return loaded;
}

/**
 * The typed configuration as far as it is good, for who has more to say of it. Throws TLXC_E_CONFIG only where a file of it
 * cannot be read: what is missing then, nobody knows.
 */
export function readContainerConfig(request: LoadRequest): ReadConfig {
  const { reader, settings, inputs, fstabEntries } = readSettings(request);
  const lineOf: LineOf = (at) => reader.lineOf(at);
  if (settings.isPartial) refuseProblems(request, settings, lineOf);
  const { name, lxcpath, configFile } = request;
  const config = containerConfig({ identity: { name, lxcpath, configFile }, settings, inputs, fstabEntries });
  return { config, mistakes: settings, lineOf, askerOf: (file) => reader.speakers.get(file) ?? null };
}

/**
 * The typed configuration of a container. Throws TLXC_E_CONFIG whose `problems` name every FILE:LINE:COLUMN at once:
 * unknown keys, bad values, missing or circular includes, files that are no text.
 */
export function loadContainerConfig(request: LoadRequest): ContainerConfig {
  const { config, mistakes, lineOf } = readContainerConfig(request);
  refuseProblems(request, mistakes, lineOf);
  return config;
}
