/** Runs a program to its end and keeps what it said. */
import { spawn } from 'node:child_process';

export interface Outcome {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From fork to the end of its output. */
  readonly milliseconds: number;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** What it reads on standard input; nothing (/dev/null) without. */
  readonly input?: string | Buffer;
  /** After which it is killed, and the outcome rejected; 120 000. */
  readonly timeout?: number;
  /** Whether what is said of work that goes on (progress-lines.ts) is kept; in a world it is not. */
  readonly progress?: boolean;
  /** What to call it in an error; its argv. */
  readonly label?: string;
}

/** Rejects when the program cannot be run or does not end in time; a status other than 0 is an outcome. */
export function runProcess(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [file = '', ...args] = argv;
  const { env = process.env, cwd, input, timeout = 120_000, label = argv.join(' ') } = options;
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env,
      cwd,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    const said = (): string => Buffer.concat([...out, ...err]).toString();
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${label}: no end after ${timeout} ms; it said: ${said()}`));
    }, timeout);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const milliseconds = performance.now() - begin;
      resolve({
        code,
        signal,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
        milliseconds,
      });
    });
    if (input !== undefined) {
      // A program may end without having read all.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    }
  });
}
