/**
 * Every option of every command of LXC 7 is taken, with an argument or without as there, by its letter, its name and each
 * abbreviation that LXC understands; the few that are not are refused by name. Debian's LXC is asked whether the table is true.
 */
import test from 'ava';
import { spawnSync } from 'node:child_process';
import { parseArguments } from '../../src/cli/arguments.ts';
import type { DefinedCommand } from '../../src/cli/command.ts';
import { optionsOf, type Option } from '../../src/cli/options.ts';
import { requires } from '../rig/requires.ts';
import { runCommand } from './run-command.ts';

/** "=": takes an argument; "[=]": only a glued one; "*": may be given more than once. */
const OPTIONS: Readonly<Record<string, string>> = {
  attach: `-e --elevated-privileges[=], -a --arch=, -s --namespaces=, -R --remount-sys-proc, --clear-env, --keep-env,
    --keep-var=*, -v --set-var=*, -L --pty-log=, -f --rcfile=, -u --uid=, -g --gid=, -c --context=`,
  autostart: `-k --kill, -L --list, -r --reboot, -s --shutdown, -a --all, -A --ignore-auto, -g --groups=*, -t --timeout=`,
  cgroup: '--rcfile=',
  checkpoint: `-D --checkpoint-dir=, -A --action-script=, -s --stop, -v --verbose, -r --restore, -d --daemon, -F --foreground,
    -p --pre-dump, --predump-dir=, --rcfile=`,
  console: '-t --tty=, -e --escape=, --rcfile=',
  copy: `-N --newname=, -p --newpath=, -R --rename, -s --snapshot, -a --allowrunning, -e --ephemeral, -d --daemon, -F --foreground,
    -m --mount=*, -B --backingstorage=, -L --fssize=, -D --keepdata, -K --keepname, -M --keepmac, -t --tmpfs, --rcfile=`,
  create: `-f --config=, -t --template=, -B --bdev=, --dir=, --lvname=, --vgname=, --thinpool=, --fstype=, --fssize=, --zfsroot=,
    --rbdname=, --rbdpool=, --rbduser=`,
  destroy: '-f --force, -s --snapshots, --rcfile=',
  device: '--rcfile=',
  execute: `-d --daemon, -f --rcfile=, -s --define=*, -u --uid=, -g --gid=, --share-net=, --share-ipc=, --share-uts=, --share-pid=`,
  freeze: '--rcfile=',
  info: '-c --config=*, -i --ips, -p --pid, -s --state, -S --stats, -H --no-humanize, --rcfile=',
  ls: `-1 --line, -f --fancy, -F --fancy-format=, --active, --running, --frozen, --stopped, --defined, --nesting[=], -g --groups=,
    --filter=`,
  monitor: '-Q --quit',
  snapshot:
    '-c --comment=, -L --list, -C --showcomments, -r --restore=, -N --newname=, -d --destroy=, --rcfile=',
  start: `-d --daemon, -F --foreground, -f --rcfile=, -s --define=*, -c --console=, -L --console-log=, -C --close-all-fds,
    -p --pidfile=, --share-net=, --share-ipc=, --share-uts=, --share-pid=`,
  stop: '-r --reboot, -W --nowait, -t --timeout=, -k --kill, --nokill, --nolock, --rcfile=',
  top: '-d --delay=, -b --batch, -s --sort=, -r --reverse',
  unfreeze: '--rcfile=',
  unshare: '-s --namespaces=, -u --user=, -H --hostname=, -i --ifname=*, -d --daemon, -M --remount',
  wait: '-s --state=, -t --timeout=, --rcfile=',
};
const COMMON =
  '-n --name=, -o --logfile=, -l --logpriority=, -q --quiet, -P --lxcpath=, -h --help, -? --help, --usage, --version';

/** Those that do not read a container's configuration; LXC takes the option there, and ignores it. */
const WITHOUT_RCFILE = ['autostart', 'create', 'ls', 'monitor', 'top', 'unshare'];
/** Programs that read their options in their own way, with -m=…, in LXC; a letter and no more. */
const LETTERS: Readonly<Record<string, string>> = {
  config: '-l',
  'update-config': '-c=, -h',
  usernsexec: '-m=*, -s, -u=, -g=, -h',
};

type Argument = Option['argument'];
interface Row {
  readonly short: string;
  readonly long: string;
  readonly argument: Argument;
  readonly repeat: boolean;
}

function rowOf(text: string): Row {
  const [, short = '', long = '', mark = '', star] =
    /^(?:-(\w|\?))? ?(?:--([a-z-]+))?(\[=\]|=)?(\*)?$/.exec(text) ?? [];
  const argument = ({ '': 'none', '=': 'required', '[=]': 'optional' } as const)[mark as '' | '=' | '[=]'];
  return { short, long, argument, repeat: star !== undefined };
}
const rowsOf = (text: string): Row[] => text.split(/,\s+/).map(rowOf);
const rowsOfCommand = (name: string): Row[] => rowsOf(`${OPTIONS[name] ?? ''}, ${COMMON}`);

const commandOf = async (name: string): Promise<DefinedCommand> =>
  ((await import(`../../src/cli/${name}.ts`)) as { default: DefinedCommand }).default;

async function optionsTaken(name: string): Promise<Option[]> {
  const { own, common } = optionsOf((await commandOf(name)).spec);
  return [...own, ...common];
}

const told = ({ short, long, argument }: Row): string => `-${short} --${long} ${argument}`;

for (const name of Object.keys(OPTIONS)) {
  test(`tlxc-${name} takes every option of lxc-${name}`, async (t) => {
    const taken = await optionsTaken(name);
    for (const row of rowsOfCommand(name)) {
      const ours = taken.find(({ short, long }) => long === row.long && short === row.short);
      t.is(ours && told(ours), told(row));
      t.is(ours?.repeat, row.repeat, `--${row.long}: how often`);
    }
  });
}

for (const [name, letters] of Object.entries(LETTERS)) {
  test(`tlxc-${name} takes every letter of lxc-${name}`, async (t) => {
    const taken = await optionsTaken(name);
    for (const row of rowsOf(letters)) {
      const ours = taken.find(({ short }) => short === row.short);
      t.is(ours?.argument, row.argument, `-${row.short}`);
      t.is(ours?.repeat, row.repeat, `-${row.short}: how often`);
    }
  });
}

test('where --rcfile would be ignored, it is refused by name', async (t) => {
  for (const name of WITHOUT_RCFILE) {
    const { exit, stderr } = await runCommand(await commandOf(name), ['--rcfile=/nowhere'], {
      program: `tlxc-${name}`,
    });
    t.is(exit, 1, name);
    t.regex(stderr, /--rcfile/, name);
  }
});

/** Every beginning of a long name that is one option's alone; LXC has --help twice, so that no beginning is enough. */
function abbreviations(rows: readonly Row[]): [string, Row][] {
  const longs = rows.map(({ long }) => long);
  return rows.flatMap((row) =>
    Array.from({ length: row.long.length - 1 }, (_, length): [string, Row] => [
      row.long.slice(0, length + 1),
      row,
    ]).filter(([start]) => longs.filter((long) => long.startsWith(start)).length === 1),
  );
}

for (const name of Object.keys(OPTIONS)) {
  test(`an abbreviation that lxc-${name} understands means the same to tlxc-${name}`, async (t) => {
    const taken = await optionsTaken(name);
    for (const [start, row] of abbreviations(rowsOfCommand(name))) {
      const typed = row.argument === 'none' ? [`--${start}`] : [`--${start}=1`];
      const [found] = [...parseArguments(typed, taken, [])];
      t.is(found?.shape.long, row.long, `--${start}`);
    }
  });
}

/** A command of Debian's LXC, asked about its options where no container is. */
function lxc(name: string, ...words: readonly string[]): string {
  const options = { encoding: 'utf8', timeout: 10_000, input: '' } as const;
  return spawnSync(`lxc-${name}`, ['-P', '/nowhere', ...words], options).stderr;
}

/** All long names of its table, which getopt tells of when asked for the one that begins with nothing. */
const longNames = (name: string): string[] =>
  [...lxc(name, '--=').matchAll(/ '--([a-z-]+)'/g)].map(([, long = '']) => long);

function argumentOf(name: string, long: string): Argument {
  // Where an argument is taken, --version is told, or the argument refused: nothing is done.
  if (lxc(name, `--${long}=1`, '--version').includes("doesn't allow an argument")) return 'none';
  return lxc(name, `--${long}`).includes('requires an argument') ? 'required' : 'optional';
}

/** Of LXC 7, and not of LXC 5. */
const NEWER = ['create --rbduser'];

for (const name of Object.keys(OPTIONS)) {
  requires('lxc')(`Debian's lxc-${name} has the options of the table, and no others`, (t) => {
    const rows = rowsOfCommand(name).filter(({ long }) => !NEWER.includes(`${name} --${long}`));
    const known = new Set(longNames(name));
    if (WITHOUT_RCFILE.includes(name)) known.delete('rcfile');
    t.deepEqual([...known].sort(), [...new Set(rows.map(({ long }) => long))].sort());
    for (const { short, long, argument } of rows) {
      t.is(argumentOf(name, long), argument, `--${long}`);
      const letter = lxc(name, `-${short}`, ...(argument === 'required' ? [] : ['--version']));
      if (short && short !== '?')
        t.is(
          /requires an argument|invalid option/.exec(letter)?.[0],
          argument === 'required' ? 'requires an argument' : undefined,
          `-${short}`,
        );
      t.notRegex(lxc(name, '--version', `-${short}`), /invalid option/, `-${short}`);
    }
  });
}
