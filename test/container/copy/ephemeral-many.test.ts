/** A hundred ephemeral copies of one container, by four at a time, run all at once and end: nothing of them is left. */
import type { ExecutionContext } from 'ava';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeUser } from '../../rig/user.ts';
import { makeWorld } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox').serial;
const byUser = requires('root', 'userns', 'overlay', 'users', 'busybox').serial;

const AT_ONCE = 4;

/** In the directory that has all of one person's or of a world's: whatever lies there is as it was before. */
async function comeAndGo(t: ExecutionContext, sh: (line: string) => Promise<string>, copies: number) {
  await sh(`set -e; echo lxc.net.0.type = empty > seed
    tlxc-create -n b1 -t busybox -f seed; tlxc-copy -n b1 -N e0 -e; tlxc-stop -n e0 -k`);
  const there = (): Promise<string> => sh("find . -printf '%p %y %m %U:%G\\n' | LC_ALL=C sort");
  const gone = (what: string): Promise<true> =>
    eventually(60, async () => ((await sh(what)) === '' ? true : undefined));
  await gone('tlxc-ls -1 | grep e; true');
  const before = await there();
  const each = (line: string): Promise<string> => sh(`seq ${copies} | xargs -P ${AT_ONCE} -I '{}' ${line}`);
  t.is(await each("tlxc-copy -q -n b1 -N 'e{}' -e"), '');
  t.is(await sh('tlxc-ls -1 --running | wc -l'), `${copies}\n`);
  t.is(await sh(`tlxc-attach -n e${copies} -- hostname`), `e${copies}\n`);
  t.is(await each("tlxc-stop -n 'e{}' -k"), '');
  await gone('tlxc-ls -1 | grep e; true');
  t.is(await there(), before);
}

byUser("a plain user's", async (t) => {
  const user = await makeUser(t);
  await comeAndGo(t, (line) => user.sh(line), 100);
});

rooted("root's, each with ids of its own", async (t) => {
  const world = await makeWorld(t);
  await comeAndGo(t, (line) => world.sh(line), 20);
});
