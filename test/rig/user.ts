/** A plain user in a world, with an account and subordinate ids that only the world's own /etc has. */
import type { ExecutionContext } from 'ava';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './process.ts';
import { makeWorld, type World } from './world.ts';

export const USER = { name: 'ann', uid: 4711, firstUid: 200_000, firstGid: 300_000 } as const;

const nic = fileURLToPath(new URL('../../native/build/Release/tlxc-user-nic', import.meta.url));

export class User {
  readonly home: string;

  constructor(readonly world: World) {
    this.home = join(world.dir, 'home');
  }

  /** Runs a program as the user logged in: the user's own environment and places, none of the world's. */
  run(program: string, ...args: readonly string[]): Promise<Outcome> {
    const become = ['setpriv', `--reuid=${USER.uid}`, `--regid=${USER.uid}`, '--clear-groups', '--'];
    const environment = [`HOME=${this.home}`, `USER=${USER.name}`, `PATH=${this.world.env['PATH']}`];
    const [first = '', ...rest] = [
      ...become,
      'env',
      '-i',
      '--chdir',
      this.home,
      ...environment,
      program,
      ...args,
    ];
    return this.world.run(first, ...rest);
  }

  /** A line of shell as the user: its output; throws with all it said unless it exits 0. */
  async sh(line: string): Promise<string> {
    const outcome = await this.run('sh', '-c', line);
    if (outcome.code === 0) return outcome.stdout;
    throw new Error(`${line}: exit ${outcome.code ?? outcome.signal}\n${outcome.stdout}${outcome.stderr}`);
  }
}

/**
 * A world with /etc of its own and the user in it. The home directory is closed to others, as Debian makes it. When the
 * test ends, the user's containers are killed.
 */
export async function makeUser(t: ExecutionContext): Promise<User> {
  const world = await makeWorld(t);
  const user = new User(world);
  const { name, uid, firstUid, firstGid } = USER;
  mkdirSync(user.home, { mode: 0o700 });
  chownSync(user.home, uid, uid);
  const etc = join(world.dir, 'etc');
  mkdirSync(join(etc, 'upper'), { recursive: true });
  mkdirSync(join(etc, 'work'));
  await world.sh(`mount -t overlay -o lowerdir=/etc,upperdir=${etc}/upper,workdir=${etc}/work etc /etc
    echo '${name}:x:${uid}:${uid}::${user.home}:/bin/sh' >> /etc/passwd
    echo '${name}:x:${uid}:' >> /etc/group
    echo '${name}:${firstUid}:65536' > /etc/subuid
    echo '${name}:${firstGid}:65536' > /etc/subgid`);
  t.teardown(async () => {
    await user.run('sh', '-c', 'for name in $(tlxc-ls -1 --running); do tlxc-stop -k -n "$name"; done');
    await world.sh(`umount /etc`);
  });
  return user;
}

/** What an administrator does for users: tlxc-user-nic set-user-id root, a bridge, a quota. */
export async function allowInterfaces(
  t: ExecutionContext,
  { world }: User,
  usernet: string,
): Promise<string> {
  const copy = join(world.dir, 'tlxc-user-nic');
  // Over the built one in the world only: what is built is never set-user-id.
  await world.sh(`cp ${nic} ${copy} && chmod 4755 ${copy} && mount --bind ${copy} ${nic}
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /etc/tlxc && printf '%s\\n' '${usernet}' > /etc/tlxc/tlxc-usernet
    ip link add tlxcbr0 type bridge && ip address add 10.77.0.1/24 dev tlxcbr0 && ip link set tlxcbr0 up`);
  t.teardown(() => world.sh(`umount ${nic} /run; ip link delete tlxcbr0`));
  return nic;
}
