/** An attach whose container ends, or reboots, while it enters. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const library = fileURLToPath(new URL('../../../dist/index.js', import.meta.url));
const rooted = requires('root', 'userns', 'idmap', 'busybox');

/**
 * A container as a shutdown leaves it at its end: /dev is what lies below. A fifo stands for the null device there: its writer,
 * init, goes on, and does the last thing, once somebody has opened it.
 */
async function shuttingDown(t: ExecutionContext, last: string) {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const init = join(world.lxcpath, 'u1/rootfs/ending');
  writeFileSync(
    init,
    `#!/bin/sh
umount -l /dev 2>/dev/null
[ -p /dev/null ] || mkfifo -m 666 /dev/null
touch /tmp/ready
echo > /dev/null
${last}
`,
  );
  chmodSync(init, 0o755);
  await world.sh('tlxc-start -n u1 -- /ending');
  await eventually(
    5,
    async () =>
      (await world.run('test', '-e', `${world.lxcpath}/u1/rootfs/tmp/ready`)).code === 0 || undefined,
  );
  return world;
}

rooted('of one that reboots meanwhile it is said so', async (t) => {
  const world = await shuttingDown(t, 'exec reboot -f');
  const { code, stderr } = await world.run('sh', '-c', 'exec tlxc-attach -n u1 -- true < /dev/null');
  t.is(code, 1);
  t.regex(
    stderr,
    /^tlxc-attach: u1 is stopping, or on its way to a reboot\n {2}hint: tlxc-wait -n u1 -s RUNNING /,
  );
});

rooted('of one that stops meanwhile, too', async (t) => {
  const world = await shuttingDown(t, 'exit 0');
  const { code, stderr } = await world.run('sh', '-c', 'exec tlxc-attach -n u1 -- true < /dev/null');
  t.is(code, 1);
  // As it is when the monitor is asked.
  t.regex(
    stderr,
    /^tlxc-attach: u1 is (not running\n {2}hint: tlxc-start|stopping, or on its way to a reboot\n {2}hint: tlxc-wait) /,
  );
});

rooted('one that only lacks the null device is told so, and goes on', async (t) => {
  const world = await shuttingDown(t, 'exec sleep 1000');
  const { stderr } = await world.run('sh', '-c', 'exec tlxc-attach -n u1 -- true < /dev/null');
  t.regex(
    stderr,
    /cannot set up the standard streams .*\n {2}hint: the container's \/dev\/null is not the null device\n$/,
  );
  t.is(await world.sh('tlxc-info -n u1 -sH'), 'RUNNING\n');
});

rooted('a program is told the same', async (t) => {
  const world = await shuttingDown(t, 'exec reboot -f');
  const program = `
    import { Container } from ${JSON.stringify(library)};
    await new Container('u1').exec(['true'], { stdin: 'ignore' }).catch(({ code, hint }) => console.log(code, hint));
  `;
  t.regex(
    await world.sh(`node --input-type=module -e "$PROGRAM"`, { env: { PROGRAM: program } }),
    /^TLXC_E_BUSY tlxc-wait -n u1 -s RUNNING /,
  );
});
