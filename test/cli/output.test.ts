/** What a command prints arrives whole, wherever it goes; and who cannot be printed to is told of, or left in peace. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot } from '../../src/package-root.ts';
import { loader } from '../rig/typescript.ts';

const LINES = 40_000;
/** A process that prints two megabytes in many writes, as commands do. */
const script = `import { processOutput } from ${JSON.stringify(join(packageRoot, 'src/cli/output.ts'))};
for (let line = 1; line <= ${LINES}; line++) processOutput(1).write(line + ' ' + 'x'.repeat(50) + '\\n');`;
const printing = [process.execPath, `--import=${loader}`, ...['--input-type=module', '-e', script]];
const inShell = printing.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
const shell = (line: string) => spawnSync('bash', ['-c', line], { encoding: 'utf8', maxBuffer: 2 ** 23 });
/** Says whether they came whole and in order. */
const count = `awk '$1 != NR || length($2) != 50 { exit 1 } END { print NR }'`;

test('a pipe, whose reader is slow', (t) => {
  t.is(shell(`${inShell} | (sleep 1; ${count})`).stdout, `${LINES}\n`);
});

test('a pipe that somebody made not to wait', (t) => {
  const notWaiting = `perl -MFcntl -e 'fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK) or die; ' && `;
  const proof = `grep -q '^flags:.*4...$' /proc/self/fdinfo/1 && `;
  t.is(shell(`(${notWaiting}${proof}${inShell}) | (sleep 2; ${count})`).stdout, `${LINES}\n`);
});

test('a file, and nothing at all', (t) => {
  t.is(shell(`f=$(mktemp); ${inShell} > $f; ${count} $f; rm $f`).stdout, `${LINES}\n`);
  t.deepEqual(pick(shell(`${inShell} >&-`)), { status: 0, stdout: '', stderr: '' });
});

const pick = ({ status, stdout, stderr }: ReturnType<typeof shell>) => ({ status, stdout, stderr });

test('a reader that goes away ends it without a word', async (t) => {
  const { stdout, stderr } = shell(`${inShell} | head -c 4; echo " \${PIPESTATUS[0]}"`);
  t.deepEqual({ stdout, stderr }, { stdout: '1 xx 141\n', stderr: '' });
  // What Node gives a child as standard output is a socket.
  const [file = '', ...argv] = printing;
  const child = spawn(file, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.on('data', (text: Buffer) => (words += text.toString()));
  child.stdout.once('data', () => child.stdout.destroy());
  t.deepEqual([await once(child, 'close'), words], [[141, null], '']);
});

test('a disk that is full is an error', (t) => {
  const { status, stderr } = shell(`${join(packageRoot, 'bin/tlxc-config.js')} -l > /dev/full`);
  t.deepEqual(
    [status, stderr],
    [1, 'tlxc-config: cannot write to standard output: no space left on device\n  hint: make room (df)\n'],
  );
});

test('where only what tells of the work finds no room, the work goes on', (t) => {
  const { status, stdout } = shell(
    `${join(packageRoot, 'bin/tlxc-config.js')} --help 2> /dev/full && echo done`,
  );
  t.deepEqual([status, stdout], [0, 'done\n']);
});

test('who reads from the same pipe after it waits there as before', (t) => {
  const command = `${join(packageRoot, 'bin/tlxc-import.js')} -n nobody /nonexistent 2>&-`;
  t.is(shell(`(sleep 1; echo line) | { ${command}; cat; }`).stdout, 'line\n');
});
