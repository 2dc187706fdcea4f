/**
 * Scripts written for LXC's commands run with the names exchanged: each of the *.sh here is run with lxc-* and with tlxc-*,
 * and prints the same; those in user/ are run by somebody who is not root. What differs on purpose is not in
 * them: tlxc(7), DIFFERENCES FROM LXC, tells of it.
 */
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { makeBusyboxRootfs } from '../rig/busybox.ts';
import { requires } from '../rig/requires.ts';
import { delegateGroups, makeUser, USER } from '../rig/user.ts';
import { makeWorld } from '../rig/world.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Where Debian's lxc has its containers; in each world it is the world's own. */
const STORE = '/var/lib/lxc';

/** Tells how the last command ended, and where. */
const STATUS = `status() { local s=$?; echo "[\${BASH_LINENO[0]}] status $s"; }\n`;

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

const SECONDS = 240;

type Tool = 'lxc' | 'tlxc';

/** The script with that tool's commands, and its directories in a home. */
function scriptOf(path: string, tool: Tool): string {
  const text = readFileSync(join(HERE, path), 'utf8');
  if (tool === 'lxc') return text;
  return text.replace(/\blxc-(?=[a-z$])/g, 'tlxc-').replaceAll('/.config/lxc', '/.config/tlxc');
}

/** What was printed, with LXC's names. */
const asOfLxc = (printed: string): string =>
  printed.replaceAll('tlxc-', 'lxc-').replace(/(?<=\/\.(?:config|local\/share)\/)tlxc/g, 'lxc');

const killAll = (tool: Tool): string => `for c in $(${tool}-ls --running); do ${tool}-stop -k -n "$c"; done`;

/** What the script prints with lxc-* or tlxc-* commands. */
async function printed(t: ExecutionContext, script: string, tool: Tool): Promise<string> {
  const world = await makeWorld(t);
  makeBusyboxRootfs(join(world.dir, 'rootfs'));
  const settings = join(world.dir, 'tlxc.conf');
  const places = readFileSync(settings, 'utf8').replace(/^lxc\.lxcpath.*$/m, `lxc.lxcpath = ${STORE}`);
  // What scripts know of LXC's containers: their files lie in NAME/rootfs.
  writeFileSync(settings, `tlxc.bdev = dir\n${places}`);
  const end = `${killAll(tool)}; cd /; umount ${STORE}`;
  const whole = `mount --bind ${world.lxcpath} ${STORE}\n${PRELUDE}\n${scriptOf(script, tool)}\n${end}`;
  const options = { timeout: SECONDS * 1000, env: { T: world.dir } };
  const { code, stdout, stderr } = await world.runWith(options, 'bash', '-c', whole);
  t.is(code, 0, stderr);
  t.log(stderr);
  return asOfLxc(stdout).replaceAll(world.dir, 'WORLD');
}

/** The same for somebody with an account, a home, subordinate ids, and groups that root has given away. */
async function printedByUser(t: ExecutionContext, script: string, tool: Tool): Promise<string> {
  const user = await makeUser(t);
  await delegateGroups(t, user);
  const { world, home } = user;
  const place = join(world.dir, 'place');
  mkdirSync(place);
  chownSync(place, USER.uid, USER.uid);
  await user.sh('mkdir -p .config/tlxc && echo "tlxc.bdev = dir" > .config/tlxc/tlxc.conf');
  const whole = `T=${place}; ${STATUS}\n${scriptOf(script, tool)}\n${killAll(tool)}`;
  const { code, stdout, stderr } = await user.runWith({ timeout: SECONDS * 1000 }, 'bash', '-c', whole);
  t.is(code, 0, stderr);
  t.log(stderr);
  return asOfLxc(stdout.replaceAll(home, 'HOME').replaceAll(world.dir, 'WORLD'));
}

type Print = typeof printed;

/** Serial: the scripts' containers have the same names, which LXC's monitors call an abstract socket by. */
function compare(print: Print, script: string): [string, (t: ExecutionContext) => Promise<void>] {
  const body = async (t: ExecutionContext): Promise<void> => {
    t.timeout(2 * SECONDS * 1000);
    const [theirs, ours] = [await print(t, script, 'lxc'), await print(t, script, 'tlxc')];
    t.not(ours, '');
    t.deepEqual(ours.split('\n'), theirs.split('\n'));
  };
  return [`${script} prints the same with tlxc's commands`, body];
}

const scriptsIn = (folder: string): string[] =>
  readdirSync(join(HERE, folder)).flatMap((name) => (name.endsWith('.sh') ? [join(folder, name)] : []));

const compared = requires('root', 'lxc', 'busybox', 'veth', 'macvlan');
for (const script of scriptsIn('.')) compared.serial(...compare(printed, script));

const comparedByUser = requires('root', 'lxc', 'busybox', 'users', 'userns', 'cgroup1');
for (const script of scriptsIn('user')) comparedByUser.serial(...compare(printedByUser, script));
