/** Runs a command as this process: the only file of cli/ that touches process.*. */
import type { Command, CommandContext } from './context.ts';
import { renderError } from './render.ts';

/** A reader that went away (| head) ends the command as SIGPIPE would, without a word. */
function orQuit<S extends NodeJS.WritableStream>(stream: S): S {
  if (stream.listenerCount('error') > 0) return stream;
  return stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(141);
    throw error;
  });
}

/** The streams are made when first used: a command that says nothing does not pay for them. */
const streams = {
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return orQuit(process.stdout);
  },
  get stderr() {
    return orQuit(process.stderr);
  },
};

/** Runs the command as this process; its exit code becomes the process's. */
export async function main(program: string, command: Command): Promise<void> {
  const context: CommandContext = Object.assign(Object.create(streams) as typeof streams, {
    program,
    argv: process.argv.slice(2),
    // A copy: each look into process.env itself asks the C library.
    env: { ...process.env },
    cwd: process.cwd(),
  });
  try {
    process.exitCode = await command(context);
  } catch (error) {
    for (const line of renderError(program, error)) context.stderr.write(`${line}\n`);
    process.exitCode = 1;
  }
}
