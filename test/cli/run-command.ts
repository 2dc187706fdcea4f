/** Calls a command in this process, as an engine would. */
import { PassThrough } from 'node:stream';
import type { Command } from '../../src/cli/context.ts';

export interface CommandOutcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandSettings {
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export async function runCommand(
  command: Command,
  argv: readonly string[],
  { program = 'tlxc-try', env = {}, cwd = '/' }: CommandSettings = {},
): Promise<CommandOutcome> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const exit = await command({ program, argv, env, cwd, stdin, stdout, stderr });
  const text = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? '';
  return { exit, stdout: text(stdout), stderr: text(stderr) };
}
