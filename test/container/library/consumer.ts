/** A package of somebody's that uses the library: TypeScript, checked and compiled as theirs would be, run in a world. */
import type { ExecutionContext } from 'ava';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Outcome } from '../../rig/process.ts';
import type { World } from '../../rig/world.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const require = createRequire(import.meta.url);

const SETTINGS = {
  compilerOptions: {
    ...{ target: 'ES2022', module: 'NodeNext', strict: true, exactOptionalPropertyTypes: true },
    ...{ lib: ['ES2022', 'ESNext.Disposable'], types: ['node'], skipLibCheck: false },
  },
  files: ['program.ts'],
};

/** Compiles the program against the package as it is built; fails the test with what tsc has to say. */
export function compileProgram(t: ExecutionContext, directory: string, program: string): void {
  mkdirSync(join(directory, 'node_modules', '@types'), { recursive: true });
  symlinkSync(root, join(directory, 'node_modules', 'tlxc'));
  const types = join(root, 'node_modules', '@types', 'node');
  symlinkSync(types, join(directory, 'node_modules', '@types', 'node'));
  symlinkSync(join(root, 'node_modules', 'undici-types'), join(directory, 'node_modules', 'undici-types'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(SETTINGS));
  writeFileSync(join(directory, 'program.ts'), program);
  const { status, stdout } = spawnSync(
    process.execPath,
    [require.resolve('typescript/bin/tsc'), '-p', directory],
    {
      encoding: 'utf8',
    },
  );
  t.is(status, 0, stdout);
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
