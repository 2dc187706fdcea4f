/** A package of somebody's that uses the library: TypeScript, checked and compiled as theirs would be, run in a world. */
import type { ExecutionContext } from 'ava';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Outcome } from '../../rig/process.ts';
import type { World } from '../../rig/world.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  ...{ module: ts.ModuleKind.NodeNext, strict: true, exactOptionalPropertyTypes: true },
  ...{ lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'], types: ['node'], skipLibCheck: false },
};

/** What was read of the package, Node's types and the language's; and the last program, whose findings of them hold for the next. */
const declarations = new Map<string, ts.SourceFile>();
let last: ts.EmitAndSemanticDiagnosticsBuilderProgram | undefined;

/** As tsc in the directory: a program's own files are read anew, declarations once. */
function hostIn(directory: string): ts.CompilerHost {
  const host = ts.createIncrementalCompilerHost(OPTIONS, { ...ts.sys, getCurrentDirectory: () => directory });
  return {
    ...host,
    getSourceFile(file, ...how) {
      const source = declarations.get(file) ?? host.getSourceFile(file, ...how);
      if (source?.isDeclarationFile) declarations.set(file, source);
      return source;
    },
  };
}

/** Compiles the program against the package as it is built; fails the test with what the compiler has to say. */
export function compileProgram(t: ExecutionContext, directory: string, program: string): void {
  mkdirSync(join(directory, 'node_modules', '@types'), { recursive: true });
  symlinkSync(root, join(directory, 'node_modules', 'tlxc'));
  const types = join(root, 'node_modules', '@types', 'node');
  symlinkSync(types, join(directory, 'node_modules', '@types', 'node'));
  symlinkSync(join(root, 'node_modules', 'undici-types'), join(directory, 'node_modules', 'undici-types'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  const file = join(directory, 'program.ts');
  writeFileSync(file, program);
  const host = hostIn(directory);
  last = ts.createEmitAndSemanticDiagnosticsBuilderProgram([file], OPTIONS, host, last);
  const problems = [
    ...[...last.getOptionsDiagnostics(), ...last.getSyntacticDiagnostics(), ...last.getGlobalDiagnostics()],
    ...[...last.getSemanticDiagnostics(), ...last.emit().diagnostics],
  ];
  t.is(problems.length, 0, ts.formatDiagnostics(problems, host));
}

/** The same, and runs it: a program that is still there after a minute has left something on its event loop. */
export async function runProgram(t: ExecutionContext, world: World, program: string): Promise<Outcome> {
  const directory = join(world.dir, 'consumer');
  mkdirSync(directory);
  compileProgram(t, directory, program);
  return world.run('node', join(directory, 'program.js'));
}

/** What the program prints as JSON; fails the test unless it ends well and says nothing else. */
export async function answerOf<T>(t: ExecutionContext, world: World, program: string): Promise<T> {
  const { code, stdout, stderr } = await runProgram(t, world, program);
  t.is(stderr, '');
  t.is(code, 0);
  return JSON.parse(stdout) as T;
}
