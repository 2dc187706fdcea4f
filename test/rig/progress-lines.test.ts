import test from 'ava';
import { progressText } from '../../src/cli/progress.ts';
import { withoutProgress } from './progress-lines.ts';
import { faultsIn } from './transcript.ts';

const MIB = 2 ** 20;
const WORDS = 'tlxc-stop: d1: waiting for it to shut down: slow.service';

/** Each form that such a line has. */
const LINES = [
  { bytes: 0, milliseconds: 10_100 },
  { bytes: 0, milliseconds: 64_000 },
  { bytes: 0, milliseconds: 3_700_000 },
  { bytes: 12 * MIB, milliseconds: 10_100 },
  { bytes: 12 * MIB, milliseconds: 10_100, counted: 100 },
  { bytes: 12 * MIB, total: 40 * MIB, milliseconds: 10_100 },
  { bytes: 12 * MIB, total: 4000 * MIB, milliseconds: 10_100 },
  { bytes: 40 * MIB, total: 40 * MIB, milliseconds: 70_100 },
].map((done) => `${progressText(WORDS, done)}\n`);

const ERROR = 'tlxc-stop: d1 is not running\n  hint: tlxc-ls --running lists those that do\n';
const ended = { code: 1, signal: null, stdout: '' } as const;

test('what a slow machine has a command say of its progress is seen by no test, and is no error', (t) => {
  for (const line of LINES) {
    const slow = { ...ended, stderr: line + ERROR + line, milliseconds: 10_200 };
    t.is(withoutProgress(slow).stderr, ERROR, line);
    t.is(faultsIn('tlxc-stop d1', slow), undefined, line);
  }
});

test('a line that came too early is seen, and all that is no such line', (t) => {
  const early = { ...ended, stderr: LINES.join(''), milliseconds: 5000 };
  t.deepEqual(withoutProgress(early), early);
  const others = ['tlxc-stop: d1: warning: not ended in 15 s: slow.service\n', 'sleep: 10 s\n', ERROR];
  for (const stderr of others)
    t.is(withoutProgress({ ...ended, stderr, milliseconds: 20_000 }).stderr, stderr);
});
