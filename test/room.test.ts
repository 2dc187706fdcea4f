import test from 'ava';
import { TlxcError } from '../src/errors.ts';
import { runProgram } from '../src/host/program.ts';
import { quotaHint, roomHint } from '../src/room.ts';

const SHM = /^(make room|look what is used up) on \/dev\/shm\b.*\d+ MiB of \d+ MiB are free/;

test('the filesystem that is full has a name, also of what is not there yet', (t) => {
  t.regex(roomHint('/dev/shm/not/there/yet') ?? '', SHM);
  t.is(quotaHint('/dev/shm'), 'make room on /dev/shm, or have the quota raised that is used up there');
});

test('what is no storage is not to be made room on, and a place in a container is none of the host', (t) => {
  t.is(roomHint('/proc/sys/kernel'), undefined);
  const failed = { code: 'TLXC_E_SYSCALL', message: 'm', errno: 'ENOSPC' } as const;
  t.notRegex(new TlxcError({ ...failed, path: '/proc/sys/kernel' }).hint ?? '', /make room/);
  t.is(new TlxcError({ ...failed, path: '/dev/shm/x', step: 'mount' }).hint, 'make room (df)');
});

test('an error of a full disk says which, whoever has met it', async (t) => {
  const { hint } = new TlxcError({
    code: 'TLXC_E_STORAGE',
    message: 'm',
    errno: 'ENOSPC',
    path: '/dev/shm/x',
  });
  t.regex(hint ?? '', SHM);
  const argv = ['sh', '-c', 'echo "cp: /dev/shm/x: No space left on device" >&2; exit 1'];
  const failure = { code: 'TLXC_E_STORAGE', what: 'it could not be copied', writesTo: '/dev/shm/x' } as const;
  const error = await t.throwsAsync<TlxcError>(runProgram(argv, failure));
  t.regex(error.hint ?? '', SHM);
});
