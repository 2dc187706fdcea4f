/** Waiting for an address of a container that has just ended. */
import test from 'ava';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForAddress } from '../../../src/container/readiness/address.ts';
import type { Target } from '../../../src/container/readiness/target.ts';
import { native } from '../../../src/native/binding.ts';

test('whose init has ended is nobody to wait for, and no failure: who follows its life tells', async (t) => {
  const none = openSync('/dev/null', 'r+');
  t.teardown(() => closeSync(none));
  const streams = { planFd: none, statusFd: none, stdio: [none, none, none] as const };
  const started = native().spawnMonitor({ path: '/bin/sleep', argv: ['sleep', '0.1'], ...streams });
  if (!('pidfd' in started)) return t.fail();
  const waiting = new AbortController();
  const target = { initPidfd: started.pidfd, signal: waiting.signal } as Target;
  t.teardown(() => native().closeFd(started.pidfd));
  // Ended: nobody may have reaped it, where the machine's process 1 does not.
  await native().nextEvent({ connection: started.pidfd, timeoutMs: -1 });
  const wait = waitForAddress(target, 'ip').then(() => 'over');
  t.is(await Promise.race([wait, sleep(100, 'waits')]), 'waits');
  waiting.abort();
  t.is(await wait, 'over');
});
