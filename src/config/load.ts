/** Loads a container's configuration: all of it, or one error that names every problem. */
import { TlxcError } from '../errors.ts';
import { placeOf, type Problem, type SourceLocation } from '../problem.ts';
import { checkTogether } from './checks.ts';
import { containerConfig, type Identity } from './container-config.ts';
import { StatementReader } from './include.ts';
import { BadValue } from './key.ts';
import { locate } from './locate.ts';
import type { ContainerConfig, IdMap, InputFile, MountEntry, Sourced } from './model.ts';
import { security } from './registry/security.ts';
import { storage } from './registry/storage.ts';
import { readConfigFile } from './read-file.ts';
import { Settings } from './settings.ts';
import { fstabLines, mountEntry } from './values/mount.ts';

export interface LoadRequest extends Identity {
  /** KEY=VAL of -s, taken after the file. */
  readonly overrides?: readonly string[];
  /** The caller's: lxc.environment = NAME copies from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the host has against the id maps, told together with all else. */
  readonly checkIdmap?: (maps: readonly Sourced<IdMap>[]) => readonly Problem[];
}

/** A configuration that was read and found good, key by key. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly inputs: readonly InputFile[];
  readonly fstabEntries: readonly Sourced<MountEntry>[];
}

/** The caller's directory is where relative paths of -s begin. */
function takeOverrides(reader: StatementReader, settings: Settings, overrides: readonly string[]): void {
  for (const override of overrides) {
    const [, key = '', value = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/s.exec(override) ?? [];
    const at = { file: '', line: 0, key };
    reader.overrides.set(at, override);
    if (key === '') settings.problem(at, `${override}: it must be KEY=VAL`, {});
    else reader.take({ key, value, at, directory: process.cwd() });
  }
}

function readFstab(settings: Settings, { inputs, texts }: StatementReader): readonly Sourced<MountEntry>[] {
  const fstab = settings.last(storage.fstab);
  if (!fstab) return [];
  try {
    const { text, input } = readConfigFile(fstab.value);
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

function refuse({ name, configFile }: Identity, found: readonly Problem[], reader: StatementReader): TlxcError {
  const problems = found.map((problem) => locate(problem, (at) => reader.lineOf(at)));
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new TlxcError({
    code: 'TLXC_E_CONFIG',
    message: `its configuration has ${count}`,
    container: name,
    path: configFile,
    problems,
  });
}

/** Reads the settings, and throws TLXC_E_CONFIG with every problem where there is one. */
export function loadSettings(request: LoadRequest): LoadedSettings {
  const settings = new Settings(request.environment);
  const reader = new StatementReader(settings);
  reader.read(request.configFile);
  takeOverrides(reader, settings, request.overrides ?? []);
  checkTogether(settings);
  settings.problems.push(...(request.checkIdmap?.(settings.all(security.idmap)) ?? []));
  const fstabEntries = readFstab(settings, reader);
  if (settings.problems.length > 0) throw refuse(request, settings.problems, reader);
  return { settings, inputs: reader.inputs, fstabEntries };
}

/**
 * The typed configuration of a container. Throws TLXC_E_CONFIG whose `problems` name every FILE:LINE:COLUMN at once:
 * unknown keys, bad values, missing or circular includes, files that are no text.
 */
export function loadContainerConfig(request: LoadRequest): ContainerConfig {
  const { settings, inputs, fstabEntries } = loadSettings(request);
  const { name, lxcpath, configFile } = request;
  return containerConfig({ identity: { name, lxcpath, configFile }, settings, inputs, fstabEntries });
}
