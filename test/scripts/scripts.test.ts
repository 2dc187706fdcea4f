/**
 * Scripts written for LXC's commands run with the names exchanged: each of the *.sh here is run with lxc-* and with tlxc-*,
 * and prints the same. What differs on purpose is not in them: tlxc-start -F ends with init's status and prints what init
 * does where standard output is no terminal, tlxc-monitor tells signals in 'exited with status', words too many and names
 * that are none are refused, and errors are told on standard error (by tlxc-config, too).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { makeBusyboxRootfs } from '../rig/busybox.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Where Debian's lxc has its containers; in each world it is the world's own. */
const STORE = '/var/lib/lxc';

/** What the scripts are given: `made NAME...` makes containers, `status` tells how the last command ended, and where. */
const PRELUDE = `
status() { local s=$?; echo "[\${BASH_LINENO[0]}] status $s"; }
made() {
    local name
    for name; do
        mkdir ${STORE}/$name && cp -a "$T/rootfs" ${STORE}/$name/rootfs
        printf '%s\\n' "lxc.rootfs.path = dir:${STORE}/$name/rootfs" "lxc.uts.name = $name" 'lxc.net.0.type = empty' \\
            'lxc.mount.auto = proc:mixed sys:ro' 'lxc.signal.halt = SIGUSR1' 'lxc.signal.reboot = SIGTERM' > ${STORE}/$name/config
    done
}
`;

const SECONDS = 240;

/** What the script prints with lxc-* or tlxc-* commands. */
async function printed(t: ExecutionContext, script: string, tool: 'lxc' | 'tlxc'): Promise<string> {
  const world = await makeWorld(t);
  makeBusyboxRootfs(join(world.dir, 'rootfs'));
  const settings = join(world.dir, 'tlxc.conf');
  const places = readFileSync(settings, 'utf8').replace(/^lxc\.lxcpath.*$/m, `lxc.lxcpath = ${STORE}`);
  // What scripts know of LXC's containers: their files lie in NAME/rootfs.
  writeFileSync(settings, `tlxc.bdev = dir\n${places}`);
  const text = readFileSync(join(HERE, script), 'utf8');
  const body = tool === 'lxc' ? text : text.replace(/\blxc-(?=[a-z$])/g, 'tlxc-');
  const end = `for c in $(${tool}-ls --running); do ${tool}-stop -k -n "$c"; done; cd /; umount ${STORE}`;
  const whole = `mount --bind ${world.lxcpath} ${STORE}\n${PRELUDE}\n${body}\n${end}`;
  const options = { timeout: SECONDS * 1000, env: { T: world.dir } };
  const { code, stdout, stderr } = await world.runWith(options, 'bash', '-c', whole);
  t.is(code, 0, stderr);
  t.log(stderr);
  return stdout.replaceAll('tlxc-', 'lxc-').replaceAll(world.dir, 'WORLD');
}

const compared = requires('root', 'lxc', 'busybox', 'veth', 'macvlan');

for (const script of readdirSync(HERE).filter((name) => name.endsWith('.sh')))
  compared.serial(`${script} prints the same with tlxc's commands`, async (t) => {
    t.timeout(2 * SECONDS * 1000);
    const [theirs, ours] = [await printed(t, script, 'lxc'), await printed(t, script, 'tlxc')];
    t.not(ours, '');
    t.deepEqual(ours.split('\n'), theirs.split('\n'));
  });
