/**
 * Files of a root filesystem that turn into links and back, over and over, while it is started: TLXC_TEST_RACE_STARTS
 * starts (25), by the plan of a real container.
 */
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { StartMessage } from '../../src/monitor/protocol.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { attackProgram, createContainer, type Profile } from './attacks.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');
const traced = requires('root', 'userns', 'idmap', 'busybox', 'seccomp', 'strace');

const STARTS = Number(process.env['TLXC_TEST_RACE_STARTS'] ?? 25);
const MONITOR = join(import.meta.dirname, '../../native/build/Release/tlxc-monitor');

/** What the starts said, and what init of those that ran printed. */
interface Starts {
  readonly outcomes: readonly StartMessage[];
  readonly printed: string;
}

/** Starts a container that many times, without the command that would take longer than its start. */
async function startOften(world: World, name: string, times: number, line: string): Promise<Starts> {
  const [plan, report, log] = ['plan', 'report', 'console'].map((file) => join(world.dir, `${name}.${file}`));
  for (const file of [report, log]) rmSync(file ?? '', { force: true });
  await world.sh(`tlxc-start -n ${name} -L ${log} --plan -- /bin/sh -c '${line}' > ${plan}`);
  await world.sh(
    `for i in $(seq ${times}); do ${MONITOR} 3<${plan} 4>>${report} || true; done; touch ${log}`,
  );
  const lines = readFileSync(report ?? '', 'utf8')
    .trim()
    .split('\n');
  const outcomes = lines.map((each) => JSON.parse(each) as StartMessage);
  return {
    outcomes: outcomes.filter(({ kind }) => kind !== 'warning'),
    printed: readFileSync(log ?? '', 'utf8'),
  };
}

/** Swaps each path with the next one, with all the privileges of the host, while `work` goes on. */
async function whileSwapping<T>(world: World, pairs: readonly string[], work: () => Promise<T>): Promise<T> {
  const racer = world.spawn(attackProgram('exchange'), ...pairs);
  const ended = once(racer, 'exit');
  try {
    return await work();
  } finally {
    racer.stdin.end('enough');
    await ended;
  }
}

interface Victim {
  readonly world: World;
  readonly rootfs: string;
  /** Of a directory of the host that everybody may write to: all there is in it, and how often it is mounted. */
  readonly look: () => Promise<string>;
}

async function makeVictim(t: ExecutionContext, profile: Profile): Promise<Victim> {
  const world = await makeWorld(t);
  await world.sh('mkdir -p victim/pts victim/in shared/below; touch victim/file; chmod -R 777 victim');
  const entry = `lxc.mount.entry = ${world.dir}/shared mnt/in/entry none bind,create=dir 0 0`;
  const config = ['lxc.autodev = 0', 'lxc.sysctl.net.ipv4.ip_forward = 1', entry];
  await createContainer(world, 'c1', profile, { config });
  const list = "find victim -printf '%P %U %m %y %s\\n' | sort; grep -c victim /proc/self/mountinfo || true";
  return { world, look: () => world.sh(list), rootfs: join(world.lxcpath, 'c1/rootfs') };
}

const PLACES = ['dev', 'proc', 'sys', 'mnt', 'tmp'];

for (const profile of ['u2', 'p3'] as const) {
  rooted(`${profile}: no mount lands on what is a link only now and then`, async (t) => {
    const { world, look, rootfs } = await makeVictim(t, profile);
    const before = await look();
    for (const place of PLACES) {
      const [there, link] = [join(rootfs, place), join(rootfs, `${place}-link`)];
      mkdirSync(there, { recursive: true });
      symlinkSync(join(world.dir, 'victim'), link);
      const times = Math.ceil(STARTS / PLACES.length);
      const { outcomes, printed } = await whileSwapping(world, [there, link], () =>
        startOften(world, 'c1', times, 'cat /proc/self/mountinfo'),
      );
      t.is(outcomes.length, times, place);
      t.notRegex(printed, /victim/, place);
      t.is(await look(), before, place);
      const restore = `[ ! -L ${there} ] || { rm ${there}; mv ${link} ${there}; }; rm -rf ${link}`;
      await world.sh(restore);
    }
  });

  rooted(
    `${profile}: nothing is hidden, and no terminal made, by way of the root filesystem's /dev`,
    async (t) => {
      const { world, rootfs } = await makeVictim(t, profile);
      const before = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
      const masked = '/proc/keys /proc/timer_list /proc/kallsyms /proc/sched_debug';
      const tries = [
        '(: >> /proc/sys/kernel/core_pattern) 2>/dev/null && echo GOT core_pattern',
        `for f in ${masked}; do [ -z "$(head -c 1 $f 2>/dev/null)" ] || echo GOT $f; done`,
        'grep core_pattern /proc/self/mountinfo; echo tried',
      ];
      mkdirSync(join(rootfs, 'dev/pts'), { recursive: true });
      let ran = '';
      for (const place of ['null', 'console', 'ptmx', 'pts/0', 'tty1'].map((name) =>
        join(rootfs, 'dev', name),
      )) {
        rmSync(place, { force: true });
        writeFileSync(place, '');
        symlinkSync('/proc/sys/kernel/core_pattern', `${place}-link`);
        const times = Math.ceil(STARTS / 5);
        const { outcomes, printed } = await whileSwapping(world, [place, `${place}-link`], () =>
          startOften(world, 'c1', times, tries.join('; ')),
        );
        t.is(outcomes.length, times);
        t.notRegex(printed, /GOT|core_pattern/, place);
        ran += printed;
        await world.sh(`rm -f ${place} ${place}-link`);
      }
      t.regex(ran, /tried/);
      t.is(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), before);
    },
  );
}

traced('no file is made where a link appears after nothing was found there', async (t) => {
  const { world, rootfs } = await makeVictim(t, 'u2');
  await world.sh(`mkdir -p ${rootfs}/mnt; touch shared/file`);
  const entry = `${world.dir}/shared/file mnt/leaf none bind,create=file 0 0`;
  await world.sh(
    `tlxc-start -n c1 -s lxc.autodev=1 -s 'lxc.mount.entry=${entry}' --plan -- /bin/true > plan`,
  );
  const racer = world.spawn(
    attackProgram('flicker'),
    join(world.dir, 'victim/made'),
    join(rootfs, 'mnt/leaf'),
  );
  const ended = once(racer, 'exit');
  try {
    // Between the look and the making there are milliseconds, in which the link comes in one case of two.
    const slowly = 'strace -f -qq -o /dev/null -e trace=openat -e inject=openat:delay_enter=5000';
    await world.sh(
      `for i in $(seq ${Math.ceil(STARTS / 2)}); do ${slowly} ${MONITOR} 3<plan 4>>report || true; done`,
    );
  } finally {
    racer.stdin.end('enough');
    await ended;
  }
  t.regex(readFileSync(join(world.dir, 'report'), 'utf8'), /symbolic link|EEXIST|running/);
  t.deepEqual(readdirSync(join(world.dir, 'victim')).sort(), ['file', 'in', 'pts']);
});

/** How a start opens for writing: what it makes itself, the terminals' master, what lies in the /proc that it holds. */
const OPENINGS = [
  / openat\(\d+<[^>]*>, "[^"/]+", O_WRONLY\|O_CREAT\|O_EXCL\|/,
  / openat\(\d+<[^>]*\/dev\/pts>, "ptmx", O_RDWR\|O_NOCTTY\|O_NOFOLLOW\|/,
  / openat2\(\d+<[^>]*>, .*resolve=RESOLVE_NO_XDEV\|RESOLVE_NO_SYMLINKS\|RESOLVE_BENEATH\}/,
];

traced(
  'what becomes init mounts by descriptor, and writes to the kernel through a /proc that it holds',
  async (t) => {
    const { world } = await makeVictim(t, 'u2');
    await world.sh('tlxc-start -n c1 -s lxc.autodev=1 --plan -- /bin/true > plan');
    const calls = 'open,openat,openat2,creat,mount,pivot_root,execve';
    await world.sh(`strace -f -y -s 200 -o trace -e trace=${calls} ${MONITOR} 3<plan 4>report`);
    const trace = readFileSync(join(world.dir, 'trace'), 'utf8').split('\n');
    const child = /^\d+/.exec(trace.find((line) => line.includes(' pivot_root(')) ?? '')?.[0] ?? 'none';
    const its = trace.filter((line) => line.startsWith(`${child} `));
    const before = its.slice(
      0,
      its.findIndex((line) => line.includes(' execve("/bin/true"')),
    );
    const opened = before.filter((line) => /O_WRONLY|O_RDWR/.test(line));
    t.true(opened.some((line) => line.includes('"sys/net/ipv4/ip_forward", {flags=O_WRONLY')));
    t.deepEqual(
      opened.filter((line) => !OPENINGS.some((opening) => opening.test(line))),
      [],
    );
    t.deepEqual(
      before.filter((line) => / (mount|creat|open)\(/.test(line)),
      [],
    );
  },
);
