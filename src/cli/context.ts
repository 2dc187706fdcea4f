/** What a command sees of the world. Commands never touch process.* themselves, so each can be called in a test. */
import type { Output } from './output.ts';
import type { Environment } from '../environment.ts';

export interface CommandContext {
  /** The command's own name as typed: tlxc-start. */
  readonly program: string;
  /** The arguments after the command's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; readonly fd?: number };
  readonly stdout: Output;
  readonly stderr: Output;
}

/** Runs a command; resolves to its exit code. Rejects only with a bug: expected failures are printed and coded. */
export type Command = (context: CommandContext) => Promise<number>;
