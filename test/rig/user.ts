/** A plain user in a world, with an account and subordinate ids that only the world's own /etc has. */
import type { ExecutionContext } from 'ava';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Outcome, RunOptions } from './process.ts';
import { makeWorld, type World } from './world.ts';

export const USER = { name: 'ann', uid: 4711, firstUid: 200_000, firstGid: 300_000 } as const;

const nic = fileURLToPath(new URL('../../native/build/Release/tlxc-user-nic', import.meta.url));

export class User {
  readonly home: string;
  /** The same: what the user may write in. */
  readonly dir: string;
  /** cgroup.procs of the groups that were given to the user: every program is run in them. */
  readonly groups: string[] = [];

  constructor(readonly world: World) {
    this.home = this.dir = join(world.dir, 'home');
  }

  /** Runs a program as the user logged in: the user's own environment and places, none of the world's. */
  run(program: string, ...args: readonly string[]): Promise<Outcome> {
    return this.runWith({}, program, ...args);
  }

  runWith(options: RunOptions, program: string, ...args: readonly string[]): Promise<Outcome> {
    return this.world.runWith(options, ...this.#loggedIn(program, args));
  }

  /** As the world's, as the user logged in. */
  spawn(program: string, ...args: readonly string[]): ChildProcessWithoutNullStreams {
    return this.world.spawn(...this.#loggedIn(program, args));
  }

  #loggedIn(program: string, args: readonly string[]): [string, ...string[]] {
    const become = ['setpriv', `--reuid=${USER.uid}`, `--regid=${USER.uid}`, '--clear-groups', '--'];
    const environment = [`HOME=${this.home}`, `USER=${USER.name}`, `PATH=${this.world.env['PATH']}`];
    const join_ = [
      ...['sh', '-c', 'for file in $0; do echo $$ > $file || exit 125; done; exec "$@"'],
      this.groups.join(' '),
    ];
    const [first = '', ...rest] = [
      ...(this.groups.length > 0 ? join_ : []),
      ...become,
      'env',
      '-i',
      '--chdir',
      this.home,
      ...environment,
      program,
      ...args,
    ];
    return [first, ...rest];
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

/** /dev/net/tun as udev leaves it: everybody's. */
export async function openTun(t: ExecutionContext, { world, dir }: User): Promise<void> {
  await world.sh(`mknod ${dir}/tun c 10 200; chmod 666 ${dir}/tun; mount --bind ${dir}/tun /dev/net/tun`);
  t.teardown(() => world.sh('umount -l /dev/net/tun'));
}

/** What an administrator, or a service manager, may do: a group of the user's own in each hierarchy of the world. */
export async function delegateGroups(t: ExecutionContext, user: User): Promise<void> {
  const { uid, name } = USER;
  const made = await user.world
    .sh(`awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts | sort -u | while read -r point; do
      group=$point/${name}
      mkdir $group
      for file in cpuset.cpus cpuset.mems; do
        [ ! -e $point/$file ] || [ -e $point/cgroup.controllers ] || cat $point/$file > $group/$file
      done
      chown ${uid}:${uid} $group
      for file in tasks cgroup.procs cgroup.threads cgroup.subtree_control; do
        [ ! -e $group/$file ] || chown ${uid}:${uid} $group/$file
      done
      echo $group/cgroup.procs
    done`);
  user.groups.push(...made.trim().split('\n'));
  // A login shell: somebody is in the groups while commands come and go.
  const enter = user.groups.map((file) => `echo $$ > ${file}`).join('; ');
  const session = user.world.spawn('sh', '-c', `${enter}; echo $$; exec sleep 1000`);
  const [said] = (await once(session.stdout, 'data')) as [Buffer];
  const groups = user.groups.map((file) => file.replace(/\/cgroup\.procs$/, ''));
  t.teardown(async () => {
    const ended = once(session, 'exit');
    await user.world.sh(`kill ${said.toString().trim()}`);
    await ended;
    await user.world.sh(`for group in ${groups.join(' ')}; do find $group -depth -type d -delete; done`);
  });
}
