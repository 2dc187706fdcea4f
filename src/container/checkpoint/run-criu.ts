/** Runs CRIU to its end. Meanwhile it has its hands in the container's processes: nothing may end it there but a deadline. */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { heeded } from '../../host/ignored-signals.ts';
import { PLAIN_ENVIRONMENT, spawned } from '../../host/program.ts';

/** Without a byte more in its directory. */
const PATIENCE_MS = 600_000;
const LOOK_MS = 5_000;
const HELD = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const KEPT = 2000;

export interface CriuEnd {
  /** null: it was killed. */
  readonly status: number | null;
  readonly signal: string | null;
  /** It wrote nothing more, and was killed for that. */
  readonly stuck: boolean;
  /** The end of what it printed. */
  readonly words: string;
}

function bytesIn(directory: string): number {
  const sizes = readdirSync(directory).map(
    (name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** directory: where it writes. In a session of its own: what is typed at the terminal does not reach it. */
export async function runCriu(argv: readonly string[], directory: string): Promise<CriuEnd> {
  const ignore = (): void => undefined;
  for (const signal of heeded(HELD)) process.on(signal, ignore);
  const [criu = '', ...args] = argv;
  const child = spawned(
    // CRIU runs ip, iptables and tar.
    spawn(criu, args, { detached: true, env: PLAIN_ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-KEPT)));
  let [size, since, stuck] = [-1, Date.now(), false];
  const timer = setInterval(() => {
    const now = bytesIn(directory);
    if (now !== size) [size, since] = [now, Date.now()];
    else if (Date.now() - since > PATIENCE_MS) stuck = child.kill('SIGKILL');
  }, LOOK_MS);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => resolve({ status, signal, stuck, words: words.trim() }));
    });
  } finally {
    clearInterval(timer);
    for (const signal of HELD) process.off(signal, ignore);
  }
}
