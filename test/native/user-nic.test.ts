/** tlxc-user-nic, as its callers would abuse it: other people's networks, other bridges, more than the quota, forged rows. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { allowInterfaces, makeUser, USER, type User } from '../rig/user.ts';

const networked = requires('root', 'userns', 'overlay', 'users', 'bridge', 'veth');

const REFUSED = /^tlxc-user-nic: refused: it must be set-user-id root, .* a container of theirs\n$/;

/** The user's own network namespace and the program, in the shell's variables $own and $nic. */
async function lab(
  t: ExecutionContext,
  usernet: string,
): Promise<{
  user: User;
  nic: (line: string) => Promise<{ code: number | null; stdout: string; stderr: string }>;
}> {
  const user = await makeUser(t);
  const program = await allowInterfaces(t, user, usernet);
  const holder = `unshare --user --map-root-user --net sleep 60 & own=$!; sleep 0.3; nic=${program}; `;
  return { user, nic: (line) => user.run('sh', '-c', `${holder}${line}; code=$?; kill $own; exit $code`) };
}

const rows = (user: User) => user.world.sh('cat /run/tlxc/nics 2>/dev/null || true');
const veths = (user: User) => user.world.sh('ip -o link show type veth | wc -l');

networked(
  'makes a pair and tells its names and numbers; the same caller may take it away again',
  async (t) => {
    const { nic } = await lab(t, `${USER.name} veth tlxcbr0 2`);
    const made = await nic(
      '$nic create /a b $own veth tlxcbr0 && $nic create /a b $own veth tlxcbr0 net7; nsenter -t $own -U -n --preserve-credentials ip -br link; ip -o link show master tlxcbr0',
    );
    t.regex(made.stdout, /^eth0:2:veth4711_\w{4}:\d+\nnet7:3:veth4711_\w{4}:\d+\n/);
    t.regex(made.stdout, /^net7@/m);
    t.is(made.stdout.match(/UP> .* master tlxcbr0/g)?.length, 2);
    const removed = await nic(
      'name=$($nic create /a b $own veth tlxcbr0 x0 | cut -d: -f3); $nic delete /a b /proc/1/ns/net veth tlxcbr0 $name',
    );
    t.is(removed.code, 0, removed.stderr);
  },
);

networked(
  'a network that is not the caller’s own is refused: the host’s, root’s, one that does not exist',
  async (t) => {
    const { user, nic } = await lab(t, `${USER.name} veth tlxcbr0 9`);
    user.world.spawn('unshare', '--net', 'sleep', '60');
    user.world.spawn('unshare', '--user', '--map-root-user', '--net', 'sleep', '60');
    // Each is sleep once it has its namespaces.
    const pids = await eventually(30, async () => {
      const asleep = (await user.world.sh('pgrep -x sleep || true')).trim().split('\n');
      return asleep.length === 2 ? asleep : undefined;
    });
    for (const pid of ['$$', '1', '999999', ...pids]) {
      const outcome = await nic(`$nic create /a b ${pid} veth tlxcbr0 eth9`);
      t.is(outcome.code, 1);
      t.regex(outcome.stderr, REFUSED, pid);
    }
    t.is((await veths(user)).trim(), '0');
    await user.world.sh(`kill ${pids.join(' ')} || true`);
  },
);

networked(
  'no more than the lines for the user and their groups add up to, counted by living interfaces',
  async (t) => {
    const { user, nic } = await lab(
      t,
      '# who\nann veth tlxcbr0 1\n@ann veth tlxcbr0 1\nann veth other 5\nbob veth tlxcbr0 5\nann phys tlxcbr0 5',
    );
    const many = await nic('for i in 1 2 3; do $nic create /a b $own veth tlxcbr0 n$i; done');
    t.is(many.stdout.trim().split('\n').length, 2);
    t.regex(many.stderr, REFUSED);
    // The namespace has gone, and with it the pairs: their rows count no more.
    const again = await nic('sleep 0.5; $nic create /a b $own veth tlxcbr0 n1');
    t.is(again.code, 0, again.stderr);
    t.is((await rows(user)).trim().split('\n').length, 1);
  },
);

networked('bridges beyond the quota, other types, names that are none', async (t) => {
  const { user, nic } = await lab(t, `${USER.name} veth tlxcbr0 9\n${USER.name} veth lo 9`);
  await user.world.sh('ip link add br9 type bridge');
  for (const words of ['veth br9 e0', 'veth lo e0', 'veth nosuch e0']) {
    t.regex((await nic(`$nic create /a b $own ${words}`)).stderr, REFUSED, words);
  }
  for (const words of [
    'phys tlxcbr0 e0',
    'veth tlxcbr0 a/b',
    'veth tlxcbr0 a%d',
    'veth ../x e0',
    'veth tlxcbr0 abcdefghijklmnop',
  ]) {
    t.regex((await nic(`$nic create /a b $own ${words}`)).stderr, /^usage: /, words);
  }
  await user.world.sh('ip link delete br9');
  t.is((await veths(user)).trim(), '0');
});

networked('delete takes nothing away that was not made for this very user on this very bridge', async (t) => {
  const { user, nic } = await lab(t, `${USER.name} veth tlxcbr0 9`);
  await user.world.sh(`ip link add victim0 type veth peer name victim1 && ip link set victim0 master tlxcbr0
    mkdir -m 700 -p /run/tlxc && echo 'bob veth tlxcbr0 victim0' > /run/tlxc/nics`);
  for (const words of [
    'tlxcbr0 victim0',
    'tlxcbr0 victim1',
    'tlxcbr0 tlxcbr0',
    'tlxcbr0 lo',
    'tlxcbr0 nosuch',
  ]) {
    const outcome = await nic(`$nic delete /a b /root/secret veth ${words}`);
    t.is(outcome.code, 1);
    t.regex(outcome.stderr, REFUSED, words);
  }
  // A row of the user's own, whose name now belongs to an interface beyond the bridge.
  await user.world.sh(`echo '${USER.name} veth tlxcbr0 victim1' > /run/tlxc/nics`);
  t.regex((await nic('$nic delete /a b /x veth tlxcbr0 victim1')).stderr, REFUSED);
  t.is((await veths(user)).trim(), '2');
  await user.world.sh('ip link delete victim0');
});

networked(
  'a file that others than root may write allows nothing; nothing that the caller names is opened',
  async (t) => {
    const { user, nic } = await lab(t, `${USER.name} veth tlxcbr0 9`);
    await user.world.sh('chmod 666 /etc/tlxc/tlxc-usernet');
    t.regex((await nic('$nic create /a b $own veth tlxcbr0')).stderr, REFUSED);
    await user.world.sh(
      'chmod 644 /etc/tlxc/tlxc-usernet; mkdir -m 700 /run/closed; touch /run/closed/there',
    );
    const told = [];
    for (const path of ['/run/closed/there', '/run/closed/missing']) {
      const { code, stdout, stderr } = await nic(`$nic delete ${path} ${path} ${path} veth tlxcbr0 x0`);
      told.push({ code, stdout, stderr });
    }
    t.deepEqual(told[0], told[1]);
  },
);

networked('without the administrator’s step it does nothing', async (t) => {
  const { user, nic } = await lab(t, `${USER.name} veth tlxcbr0 9`);
  await user.world.sh(`chmod u-s ${join(user.world.dir, 'tlxc-user-nic')}`);
  t.regex((await nic('$nic create /a b $own veth tlxcbr0')).stderr, REFUSED);
});

requires()('nothing that is built is set-user-id or set-group-id', (t) => {
  const built = fileURLToPath(new URL('../../native/build/Release', import.meta.url));
  const files = readdirSync(built).filter((name) => name.startsWith('tlxc'));
  t.true(files.includes('tlxc-user-nic'));
  for (const name of files) t.is(lstatSync(join(built, name)).mode & 0o6000, 0, name);
});
