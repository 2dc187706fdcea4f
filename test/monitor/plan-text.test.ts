import test from 'ava';
import { openSync } from 'node:fs';
import { nativeFile } from '../../src/package-root.ts';
import { native } from '../../src/native/binding.ts';

const TOO_LONG = 5 << 20;

test('a plan beyond all measure is refused, sealed or not', async (t) => {
  const nothing = openSync('/dev/null', 'r+');
  const sealed = native().memfd({ name: 'plan', text: ' '.repeat(TOO_LONG) });
  for (const planFd of [sealed, openSync('/dev/zero', 'r')]) {
    const [reading, statusFd] = native().pipe();
    const stdio = [nothing, nothing, nothing] as const;
    const path = nativeFile('tlxc-monitor');
    const started = native().spawnMonitor({ path, argv: ['monitor'], planFd, statusFd, stdio });
    if (!('pid' in started)) return t.fail();
    for (const fd of [planFd, statusFd, started.pidfd]) native().closeFd(fd);
    const told = await native().nextEvent({ connection: reading, timeoutMs: 20_000 });
    t.like(JSON.parse(told ?? ''), { kind: 'failed', step: 'plan', detail: 'too-long' });
    native().closeFd(reading);
  }
  native().closeFd(nothing);
});
