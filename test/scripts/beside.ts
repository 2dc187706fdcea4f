/** A script for LXC's commands, run in a world with lxc-* or with tlxc-* commands; containers lie where Debian's lxc has them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { makeBusyboxRootfs } from '../rig/busybox.ts';
import { makeWorld } from '../rig/world.ts';

export type Tool = 'lxc' | 'tlxc';

/** Where Debian's lxc has its containers; in each world it is the world's own. */
const STORE = '/var/lib/lxc';
export const SECONDS = 240;

/** Tells how the last command ended, and where. */
export const STATUS = `status() { local s=$?; echo "[\${BASH_LINENO[0]}] status $s"; }\n`;

/** What root's are given: `made NAME...` makes containers. */
const PRELUDE = `${STATUS}made() {
    local name
    for name; do
        mkdir ${STORE}/$name && cp -a "$T/rootfs" ${STORE}/$name/rootfs
        printf '%s\\n' "lxc.rootfs.path = dir:${STORE}/$name/rootfs" "lxc.uts.name = $name" 'lxc.net.0.type = empty' \\
            'lxc.mount.auto = proc:mixed sys:ro' 'lxc.signal.halt = SIGUSR1' 'lxc.signal.reboot = SIGTERM' > ${STORE}/$name/config
    done
}
`;

/** The script with that tool's commands, and its directories in a home. */
export function withTool(script: string, tool: Tool): string {
  if (tool === 'lxc') return script;
  return script.replace(/\blxc-(?=[a-z$])/g, 'tlxc-').replaceAll('/.config/lxc', '/.config/tlxc');
}

export const killAll = (tool: Tool): string =>
  `for c in $(${tool}-ls --running); do ${tool}-stop -k -n "$c"; done`;

/** What the script prints with that tool's commands; the world's directory is WORLD. The settings are tlxc.conf's. */
export async function printedBy(
  t: ExecutionContext,
  tool: Tool,
  script: string,
  settings: readonly string[],
): Promise<string> {
  const world = await makeWorld(t);
  makeBusyboxRootfs(join(world.dir, 'rootfs'));
  const file = join(world.dir, 'tlxc.conf');
  const places = readFileSync(file, 'utf8').replace(/^lxc\.lxcpath.*$/m, `lxc.lxcpath = ${STORE}`);
  writeFileSync(file, [...settings, places].join('\n'));
  const end = `${killAll(tool)}; cd /; umount ${STORE}`;
  const whole = `mount --bind ${world.lxcpath} ${STORE}\n${PRELUDE}\n${withTool(script, tool)}\n${end}`;
  const options = { timeout: SECONDS * 1000, env: { T: world.dir } };
  const { code, stdout, stderr } = await world.runWith(options, 'bash', '-c', whole);
  t.is(code, 0, stderr);
  t.log(stderr);
  return stdout.replaceAll(world.dir, 'WORLD');
}
