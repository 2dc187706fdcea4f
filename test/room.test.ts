import test from 'ava';
import { TlxcError } from '../src/errors.ts';
import { runProgram } from '../src/host/program.ts';
import { filesystemName, roomHint } from '../src/room.ts';

test('the filesystem that is full has a name, also of what is not there yet', (t) => {
  t.is(filesystemName('/proc/sys/kernel'), '/proc');
  t.is(filesystemName('/dev/shm/not/there/yet'), '/dev/shm');
  t.regex(roomHint('/dev/shm/not/there/yet'), /^make room on \/dev\/shm: \d+ MiB of \d+ MiB are free$/);
  t.is(roomHint('/dev/shm', true), 'make room on /dev/shm, or have the quota raised that is used up there');
});

test('an error of a full disk says which, whoever has met it', async (t) => {
  const { hint } = new TlxcError({
    code: 'TLXC_E_STORAGE',
    message: 'm',
    errno: 'ENOSPC',
    path: '/dev/shm/x',
  });
  t.regex(hint ?? '', /^make room on \/dev\/shm: /);
  const argv = ['sh', '-c', 'echo "cp: /dev/shm/x: No space left on device" >&2; exit 1'];
  const failure = { code: 'TLXC_E_STORAGE', what: 'it could not be copied', writesTo: '/dev/shm/x' } as const;
  const error = await t.throwsAsync<TlxcError>(runProgram(argv, failure));
  t.regex(error.hint ?? '', /^make room on \/dev\/shm: /);
});
