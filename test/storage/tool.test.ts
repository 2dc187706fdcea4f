/** Programs that manage volumes, where one of them does not end. */
import test from 'ava';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlxcError } from '../../src/errors.ts';
import { tellWithin } from '../../src/storage/tool.ts';
import { eventually } from '../rig/eventually.ts';

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** An rbd whose cluster does not answer: its lines of shell begin with its number being noted. */
async function hangs(lines: string): Promise<{ error: TlxcError; rbd: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-tool-'));
  try {
    const program = join(dir, 'rbd');
    writeFileSync(program, `#!/bin/sh\necho $$ > ${dir}/pid\n${lines}\n`, { mode: 0o755 });
    const patience = { what: 'the image p/u1 could not be mapped', hint: 'does the cluster answer?' };
    const error = await tellWithin({ ...patience, milliseconds: 1500 }, program, 'map', 'p/u1').then(
      () => Promise.reject(new Error('it was waited for')),
      (reason: unknown) => reason as TlxcError,
    );
    const [rbd = 0, child] = readFileSync(join(dir, 'pid'), 'utf8').trim().split('\n').map(Number);
    if (child !== undefined) process.kill(child, 'SIGKILL');
    return { error, rbd };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

for (const [title, lines] of [
  ['one that waits', 'exec sleep 60'],
  ['one that heeds no signal but the last', "trap '' TERM INT HUP; while :; do sleep 1; done"],
  ['one whose own child keeps its streams open', 'sleep 60 & echo $! >> $(dirname $0)/pid; wait'],
] as const)
  test(`rbd map is not waited for without end: ${title}`, async (t) => {
    const { error, rbd } = await hangs(lines);
    t.is(error.code, 'TLXC_E_STORAGE');
    t.regex(error.message, /^the image p\/u1 could not be mapped: .*\/rbd was not done within 1.5 s$/);
    t.is(error.details.hint, 'does the cluster answer?');
    await eventually(30, () => Promise.resolve(isAlive(rbd) ? undefined : true));
  });
