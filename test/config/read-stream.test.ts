import test from 'ava';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, constants, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSpent, readConfigFile, takeStream } from '../../src/config/read-file.ts';
import { parsedFile } from '../../src/config/parsed-file.ts';
import { readStream } from '../../src/config/read-stream.ts';

const dir = mkdtempSync(join(tmpdir(), 'tlxc-stream-'));
test.after.always(() => rmSync(dir, { recursive: true }));

/** A FIFO that the shell's line writes to. */
function fifo(name: string, line: string): string {
  const path = join(dir, name);
  execFileSync('mkfifo', [path]);
  spawn('sh', ['-c', line], { env: { ...process.env, FIFO: path }, stdio: 'ignore' });
  return path;
}

test.serial(
  '/dev/null is a configuration without a line where the command line names it, and nowhere else',
  (t) => {
    t.throws(() => readConfigFile('/dev/null'), {
      message: '/dev/null: it is a character device, not a regular file',
    });
    takeStream('/dev/null');
    t.is(readConfigFile('/dev/null').text, '');
    t.deepEqual(parsedFile('/dev/null').lines, []);
    t.false(isSpent('/dev/null'));
    for (const device of ['/dev/zero', '/dev/full']) takeStream(device);
    for (const device of ['/dev/zero', '/dev/full'])
      t.throws(() => readConfigFile(device), {
        message: `${device}: it is a character device, not a regular file`,
      });
  },
);

test('a FIFO that the command line names is read until its writer ends, once', (t) => {
  const path = fifo('slow', 'sleep 0.3; { echo a = 1; sleep 0.3; echo b = 2; } > $FIFO');
  takeStream(path);
  takeStream(path);
  for (const read of [1, 2]) t.is(readConfigFile(path).text, 'a = 1\nb = 2\n', `read ${read}`);
  t.is(parsedFile(path).lines.length, 2);
  t.true(isSpent(path));
});

test('a FIFO that something else names is refused, and nothing waits for it', (t) => {
  const path = fifo('named', 'true');
  t.throws(() => readConfigFile(path), { message: `${path}: it is a FIFO, not a regular file` });
});

test('what comes without an end is refused', (t) => {
  const path = fifo('endless', 'yes > $FIFO');
  t.throws(() => takeStream(path), { message: /more than 1 MiB comes out of it/ });
});

test('a file is no stream: it is read when it is read', (t) => {
  const path = join(dir, 'file');
  writeFileSync(path, 'a\n');
  takeStream(path);
  writeFileSync(path, 'b\n');
  t.is(readConfigFile(path).text, 'b\n');
});

test('a pipe whose writer stays silent is given up', (t) => {
  const path = fifo('silent', 'true');
  // Its writer: ourselves.
  const writer = openSync(path, constants.O_RDWR);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.throws(() => readStream(reader, path, { limit: 10, patienceMs: 50 }), {
    code: 'TLXC_E_TIMEOUT',
    message: /what writes to it did not end within 0.05 seconds/,
  });
  for (const fd of [writer, reader]) closeSync(fd);
});
