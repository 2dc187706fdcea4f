/** Small C programs that tests need, compiled when one first asks. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

let compiled: string | undefined;
const programs = new Map<string, string>();

function compile(source: string, ...flags: readonly string[]): string {
  if (compiled === undefined) {
    const dir = mkdtempSync(join(tmpdir(), 'tlxc-programs-'));
    process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
    compiled = dir;
  }
  const known = programs.get(source);
  if (known !== undefined) return known;
  const program = join(compiled, basename(source, '.c'));
  execFileSync('gcc', [...flags, '-O1', '-Wall', '-Werror', '-o', program, source]);
  programs.set(source, program);
  return program;
}

/** The path of a C source compiled as a static executable, which runs in any root filesystem. */
export const staticProgram = (source: string): string => compile(source, '-static');

/** programs/NAME.c */
export const rigProgram = (name: string): string =>
  staticProgram(join(import.meta.dirname, 'programs', `${name}.c`));

/** programs/NAME.c as a library for LD_PRELOAD. */
export const rigLibrary = (name: string): string =>
  compile(join(import.meta.dirname, 'programs', `${name}.c`), '-shared', '-fPIC');
