/** Policies as people write them, in a container that runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boot, type Booted } from '../../effects/effect.ts';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const filtered = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');

function policy(world: World, ...lines: readonly string[]): string {
  const file = join(world.dir, 'policy.seccomp');
  writeFileSync(file, [...lines, ''].join('\n'));
  return `lxc.seccomp.profile = ${file}`;
}

const says = ({ inside }: Booted, line: string): Promise<string> => inside(`(${line}) 2>&1 || true`);

filtered('a deny list: actions, conditions of several arguments, forced unmounts', async (t) => {
  const world = await makeWorld(t);
  const lines = [
    ...['2', 'denylist', 'reject_force_umount # no', '[all]'],
    ...['mkdir errno 28', 'mkdirat errno 28', 'sethostname trap', 'swapon'],
    // Only both together: mode 0700 of a file, and not of another mode.
    ...['chmod errno 5 [1,0700,SCMP_CMP_MASKED_EQ,0777]', 'fchmodat errno 5 [2,0700,&=,0777]'],
  ];
  const booted = await boot(world, [policy(world, ...lines)]);
  t.regex(await says(booted, 'mkdir /new'), /No space left/);
  t.regex(await says(booted, 'chmod 700 /tmp'), /I\/O error|Input\/output error/);
  t.is(await says(booted, 'chmod 755 /tmp'), '');
  t.regex(await says(booted, 'hostname x; echo $?'), /159$|Bad system call/);
  t.regex(await says(booted, 'touch /swap; swapon /swap; echo $?'), /159$|Bad system call/);
  await booted.inside('mount -t tmpfs none /mnt');
  t.regex(await says(booted, 'umount -f /mnt'), /Permission denied/);
  t.is(await says(booted, 'umount /mnt'), '');
});

filtered('an allow list of numbers, version 1: any other call is the last', async (t) => {
  const world = await makeWorld(t);
  const MKDIR = 83;
  const numbers = Array.from({ length: 470 }, (_, number) => String(number)).filter(
    (n) => n !== String(MKDIR),
  );
  const booted = await boot(world, [policy(world, '1', 'allowlist', ...numbers)]);
  t.regex(await says(booted, 'mkdir /new; echo $?'), /159$|Bad system call/);
  t.is(await says(booted, 'touch /new && echo made'), 'made');
});

filtered('what nobody calls so is said with its line at each start; what is only new is not', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', {
    config: [policy(world, '2', 'denylist', '[all]', 'statmount errno 1', 'kexc_load errno 1')],
  });
  for (const attempt of ['first', 'second']) {
    const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
    t.is(code, 0);
    t.regex(
      stderr,
      /policy\.seccomp:5: no system call is called kexc_load, this rule does nothing\n$/,
      attempt,
    );
    t.false(stderr.includes('statmount'));
    await world.sh('tlxc-stop -k -n c1');
  }
});

filtered('every mistake of a policy at once, each with its line, and nothing is started', async (t) => {
  const world = await makeWorld(t);
  const lines = ['2', 'denylist', '[sparc]', 'bpf errno', 'ioctl errno 25 [7,1,==]', 'mkdir explode'];
  addBusybox(world, 'c1', { config: [policy(world, ...lines)] });
  const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
  t.is(code, 1);
  for (const line of [3, 4, 5, 6]) t.regex(stderr, new RegExp(`policy\\.seccomp:${line}\\b`), stderr);
});

filtered('what is attached has the filter of init', async (t) => {
  const world = await makeWorld(t);
  const { inside } = await boot(world, [policy(world, '2', 'denylist', 'mkdir errno 1')]);
  const filters = (pid: string): Promise<string> => inside(`grep ^Seccomp /proc/${pid}/status`);
  t.is(await filters('1'), await filters('self'));
  t.regex(await filters('1'), /^Seccomp:\t2\nSeccomp_filters:\t1$/);
});
