/** tlxc(3): the library in a page, with its error codes; everything else is in the reference that typedoc writes. */
import { COMMAND_NAMES } from '../src/cli/commands.ts';
import { ERROR_CODES } from '../src/errors.ts';

const roff = (text: string): string => text.replaceAll('-', '\\-').replaceAll('`', '');

const HEAD = `.\\" Written by npm run build:manual; the error codes are those of src/errors.ts.
.TH TLXC 3 2026-11-23 TLXC "TLXC manual"
.SH NAME
tlxc \\- system containers for Node.js programs
.SH SYNOPSIS
.nf
import { Container } from 'tlxc';

const u1 = await Container.create('u1', { template: 'download', args: { dist: 'debian', release: 'bookworm' } });
await u1.start({ wait: 'ready' });
const { stdout } = await u1.exec(['hostname']);
for await (const { state } of u1.events()) console.log(state);
.fi
.SH DESCRIPTION
What the commands of
.BR tlxc (7)
can do, a program can do:
.B Container
is a container by its name, whether it exists or not;
.B Images
and
.B Bridge
are the image store and the network. It needs Node.js 20.18.1 or later. TypeScript finds the types in the package; it has to be 5.2 or
later, with ESNext.Disposable among its lib for
.B await using
and @types/node installed. The reference, a page an export, is
.I dist/api
in the package.
`;

const MIDDLE = `.SS Running commands
.B exec
gives a promise that is also a process: it has stdin, stdout and stderr as streams where they are asked for
(stdin: 'pipe'), kill(), resize() for a terminal (tty: true), and it takes a timeout and an AbortSignal. Awaited, it gives
status, signal, stdout and stderr. A command that ends with another status than 0, or by a signal, throws a
.BR CommandError ,
which has all of these, unless the option check is false. Standard input is empty, and nothing of the program's
environment reaches the command, unless they are given. kill() signals the command's process group.
.SS Throwaway containers
.B Container.throwaway
creates a container, and the method
.B throwaway
starts a copy-on-write copy of one, that is destroyed at the end of its
.BR "await using" ,
whatever happened until then. No other container can be used so. A program that is killed leaves them; a copy is gone when it stops.
.SS Many at once
Any number of containers may be worked with at the same time; what concerns one container is done one after the other. A program ends
when its work has ended: only what is being awaited or followed keeps it.
.SH ERRORS
Every failure is a
.B TlxcError
with a
.BR code ,
which stays the same when the words change, an
.B object
(the container, else the path that it is about), a
.B hint
where it is known what to do, and
.BR details .
ERROR_CODES has all codes:
`;

const FOOT = '.SH SEE ALSO\n.BR tlxc (7),\n.BR tlxc\\-attach (1),\n.BR tlxc\\-copy (1)\n';

/** What does what a command does; "": there is nothing to call. */
const CALLS: Readonly<Record<string, string>> = {
  create: 'Container.create',
  start: 'start, plan',
  stop: 'stop, reboot',
  destroy: 'destroy',
  copy: 'copy, throwaway, rename',
  snapshot: 'snapshots',
  checkpoint: 'checkpoints',
  export: 'export',
  import: 'Container.import',
  execute: 'execute',
  autostart: 'autostart(), autostartOrder()',
  attach: 'exec',
  console: 'console',
  file: 'push, pull, readFile, writeFile',
  device: 'devices',
  set: 'set, limits',
  cgroup: 'cgroup',
  freeze: 'freeze, whileFrozen',
  unfreeze: 'thaw',
  ls: 'Container.list, nested',
  info: 'info',
  top: 'meter(), processes',
  logs: 'logs',
  monitor: 'Container.events, follow, events',
  wait: 'wait, waitFor',
  image: 'Images',
  net: 'Bridge',
  config: 'loadSystemConfig(), config',
  'update-config': 'config.update',
  doctor: 'examineHost(), explainDenials()',
  checkconfig: '',
  unshare: '',
  usernsexec: '',
};

const NOTHING = '(a command to be run: it needs no container)';

/** Every command with what a program calls instead. */
function callsTable(): string {
  const rows = COMMAND_NAMES.map((name) => {
    const call = CALLS[name];
    if (call === undefined) throw new Error(`tlxc(3) does not say what a program calls for tlxc-${name}`);
    return `tlxc\\-${roff(name)}\tT{\n${roff(call || NOTHING)}\nT}\n`;
  });
  const intro =
    'Functions have parentheses here; what begins with a small letter and has none is a method or a property of a container.\n';
  return `.SS What does what a command does\n${intro}.PP\n.TS\nl lx.\n${rows.join('')}.TE\n`;
}

export function libraryPage(): string {
  const codes = Object.entries(ERROR_CODES).map(([code, what]) => `.TP\n.B ${code}\n${roff(what)}\n`);
  return `'\\" t\n${HEAD}${callsTable()}${MIDDLE}${codes.join('')}${FOOT}`;
}
