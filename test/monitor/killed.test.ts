import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const beside = requires('root', 'busybox', 'lxc');

beside('hooks of a monitor that was killed are run by nobody, as with LXC', async (t) => {
  const world = await makeWorld(t);
  const hook = join(world.dir, 'hook');
  writeFileSync(hook, `#!/bin/sh\necho $LXC_HOOK_TYPE >> ${world.dir}/ran\n`, { mode: 0o755 });
  const config = ['stop', 'post-stop'].map((name) => `lxc.hook.${name} = ${hook}`);
  addBusybox(world, 'k1', { privileged: true, config: [...config, 'lxc.hook.version = 1'] });
  const ran: Record<string, string> = {};
  for (const tool of ['tlxc', 'lxc']) {
    const start = `${tool}-start -P ${world.lxcpath} -n k1`;
    const init = (await world.sh(`: > ran; ${start}; ${tool}-info -P ${world.lxcpath} -n k1 -p -H`)).trim();
    await world.sh(`kill -9 $(ps -o ppid= -p ${init})`);
    await eventually(30, async () => ((await world.run('kill', '-0', init)).code === 0 ? undefined : true));
    await world.sh(`${tool}-ls -P ${world.lxcpath}; ${start}`);
    ran[tool] = await world.sh(`cat ran; ${tool}-stop -P ${world.lxcpath} -k -n k1; echo then; cat ran`);
  }
  // LXC leaves those of a killed monitor.
  await world.sh("find /sys/fs/cgroup -depth -type d -name 'lxc.*.k1' -exec rmdir {} +");
  t.is(ran['tlxc'], 'then\nstop\npost-stop\n');
  t.is(ran['tlxc'], ran['lxc']);
});
