/** A directory of files for one test, and what loading one of them says. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { loadContainerConfig } from '../../src/config/load.ts';
import type { ContainerConfig } from '../../src/config/model.ts';
import { TlxcError } from '../../src/errors.ts';

/** Writes the files (by relative name) into a new directory that goes with the test; returns the directory. */
export function scratch(t: ExecutionContext, files: Readonly<Record<string, string | Uint8Array>>): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'tlxc-config-')));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

/** Loads FILE as container c1 of the store /store, with HOME and LANG in the environment. */
export function load(file: string, overrides: readonly string[] = []): ContainerConfig {
  const environment = { HOME: '/root', LANG: 'C.UTF-8' };
  return loadContainerConfig({ name: 'c1', lxcpath: '/store', configFile: file, overrides, environment });
}

/** Loads one text. */
export const loadText = (t: ExecutionContext, text: string): ContainerConfig =>
  load(join(scratch(t, { config: text }), 'config'));

/** The problems of a configuration that must not load, a line each, without the directory of its file and the columns. */
export function problemsOf(
  t: ExecutionContext,
  file: string,
  overrides: readonly string[] = [],
): readonly string[] {
  const error = t.throws(() => load(file, overrides), { instanceOf: TlxcError });
  t.is(error.code, 'TLXC_E_CONFIG');
  return (error.details.problems ?? []).map((problem) =>
    String(problem)
      .replaceAll(`${dirname(file)}/`, '')
      .replace(/^([^:]*:\d+):\d+:/, '$1:'),
  );
}

/** The problems of one text, in the file "config". */
export const problemsOfText = (t: ExecutionContext, text: string): readonly string[] =>
  problemsOf(t, join(scratch(t, { config: text }), 'config'));
