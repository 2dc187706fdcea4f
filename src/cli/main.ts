/** Runs a command as this process: the only file of cli/ that touches process.*. */
import { basename } from 'node:path';
import type { Command, CommandContext } from './context.ts';
import { renderError } from './render.ts';

/** A reader that went away (| head) ends the command as SIGPIPE would, without a word. */
function quitOnClosedPipe(stream: NodeJS.WritableStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(141);
    throw error;
  });
}

export async function main(program: string, command: Command): Promise<void> {
  quitOnClosedPipe(process.stdout);
  quitOnClosedPipe(process.stderr);
  const context: CommandContext = {
    program: basename(program),
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  };
  try {
    process.exitCode = await command(context);
  } catch (error) {
    for (const line of renderError(context.program, error)) process.stderr.write(`${line}\n`);
    process.exitCode = 1;
  }
}
