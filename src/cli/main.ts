/** Runs a command as this process: with output.ts the only file of cli/ that touches process.*. */
import { nativeIfLoaded } from '../native/binding.ts';
import { workingDirectory } from '../working-directory.ts';
import type { Command, CommandContext } from './context.ts';
import { isWritten, processOutput } from './output.ts';
import { renderError } from './render.ts';

/** The streams are made when first used: a command that says nothing does not pay for them. */
const streams = {
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return processOutput(1);
  },
  get stderr() {
    return processOutput(2);
  },
};

/** The command that a person has typed, where that has another one run for it (spawnAttach). */
const typed = (program: string): string => (process.argv0.startsWith('tlxc-') ? process.argv0 : program);

/** Runs the command as this process; its exit code becomes the process's. */
export async function main(own: string, command: Command): Promise<void> {
  const program = typed(own);
  const context: CommandContext = Object.assign(Object.create(streams) as typeof streams, {
    program,
    argv: process.argv.slice(2),
    // A copy: each look into process.env itself asks the C library.
    env: { ...process.env },
    cwd: workingDirectory(),
  });
  try {
    process.exitCode = await command(context);
  } catch (error) {
    for (const line of renderError(program, error)) context.stderr.write(`${line}\n`);
    process.exitCode = 1;
  }
  if (!isWritten()) return;
  // Node by itself would first take down its heap, object by object, and then its threads: 4 ms.
  if (!isObserved(context.env)) nativeIfLoaded()?.endProcess(process.exitCode);
  process.exit();
}

/** Whether somebody waits for Node's own end: a listener, or a profiler that writes down what it saw. */
const isObserved = (env: CommandContext['env']): boolean =>
  process.listenerCount('exit') > 0 ||
  process.execArgv.length > 0 ||
  ['NODE_OPTIONS', 'NODE_V8_COVERAGE'].some((name) => env[name] !== undefined);
