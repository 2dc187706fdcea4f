/**
 * Scripts written for LXC's commands run with the names exchanged: each of the *.sh here is run with lxc-* and with tlxc-*,
 * and prints the same; those in user/ are run by somebody who is not root. What differs on purpose is not in
 * them: tlxc(7), DIFFERENCES FROM LXC, tells of it.
 */
import { chownSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { requires } from '../rig/requires.ts';
import { delegateGroups, makeUser, USER } from '../rig/user.ts';
import { killAll, printedBy, SECONDS, STATUS, withTool, type Tool } from './beside.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** The script of that name. */
const scriptIn = (path: string): string => readFileSync(join(HERE, path), 'utf8');

/** What was printed, with LXC's names. */
const asOfLxc = (printed: string): string =>
  printed.replaceAll('tlxc-', 'lxc-').replace(/(?<=\/\.(?:config|local\/share)\/)tlxc/g, 'lxc');

/** What the script prints with lxc-* or tlxc-* commands. What scripts know of LXC's containers: their files lie in NAME/rootfs. */
const printed = async (t: ExecutionContext, script: string, tool: Tool): Promise<string> =>
  asOfLxc(await printedBy(t, tool, scriptIn(script), ['tlxc.bdev = dir']));

/** The same for somebody with an account, a home, subordinate ids, and groups that root has given away. */
async function printedByUser(t: ExecutionContext, script: string, tool: Tool): Promise<string> {
  const user = await makeUser(t);
  await delegateGroups(t, user);
  const { world, home } = user;
  const place = join(world.dir, 'place');
  mkdirSync(place);
  chownSync(place, USER.uid, USER.uid);
  await user.sh('mkdir -p .config/tlxc && echo "tlxc.bdev = dir" > .config/tlxc/tlxc.conf');
  const whole = `T=${place}; ${STATUS}\n${withTool(scriptIn(script), tool)}\n${killAll(tool)}`;
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
