/** The manual pages of the file formats, written from the registries of keys: what the program knows is what they say. */
import { registry } from '../src/config/registry.ts';
import { systemKeys } from '../src/config/system-keys.ts';
import { EXAMPLES } from './manual-examples.ts';
import { NESTING } from './manual-nesting.ts';
import { SYSTEM_CALL_POLICIES } from './manual-policies.ts';
import { roff } from './roff.ts';

interface Entry {
  readonly name: string;
  readonly syntax: string;
  readonly doc: string;
  /** "" : none to tell. */
  readonly fallback: string;
  readonly list: boolean;
}

const sentence = (text: string) => (/[.;]$/.test(text) ? text : `${text}.`);

function entryText({ name, syntax, doc, fallback, list }: Entry): string {
  const isList = list ? '\nA list.' : '';
  // The signals' documentation says what an unset one means; "0" is how LXC's tools print that.
  const isDefault =
    fallback === '' || name.startsWith('lxc.signal.') ? '' : `\nDefault: \\fB${roff(fallback)}\\fR.`;
  return `.TP\n\\fB${roff(name)}\\fR = \\fI${roff(syntax)}\\fR\n${roff(sentence(doc))}${isList}${isDefault}\n`;
}

const header = (title: string, what: string) =>
  `.\\" Written by npm run build:manual from the registry of keys.\n` +
  `.TH ${title.toUpperCase()} 5 2026-11-23 TLXC "TLXC manual"\n.SH NAME\n${title} \\- ${what}\n`;

const SECTIONS: readonly (readonly [title: string, names: RegExp])[] = [
  ['SYSTEM', /^lxc\.(include|arch|uts|init|environment|execute|log|signal)/],
  ['ROOT FILESYSTEM AND MOUNTS', /^t?lxc\.(rootfs|mount)\./],
  ['DEVICES AND TERMINALS', /^lxc\.(autodev|tty|pty|console)/],
  ['NETWORK', /^t?lxc\.net\./],
  ['CONTROL GROUPS', /^lxc\.cgroup/],
  ['NAMESPACES AND CLOCKS', /^lxc\.(namespace|time)\./],
  ['LIMITS AND KERNEL PARAMETERS', /^lxc\.(prlimit|sysctl|proc|sched)\./],
  ['PRIVILEGES', /^lxc\.(idmap|cap|no_new_privs|seccomp|apparmor|selinux|keyring)/],
  ['STARTING AND HOOKS', /^t?lxc\.(start|restart|health|group|ephemeral|monitor|hook)/],
];

function sections(entries: readonly Entry[]): string {
  const rest = entries.filter(({ name }) => !SECTIONS.some(([, names]) => names.test(name)));
  const all = [
    ...SECTIONS.map(([title, names]) => [title, entries.filter(({ name }) => names.test(name))] as const),
    ['OTHER KEYS', rest] as const,
  ];
  return all
    .filter(([, own]) => own.length > 0)
    .map(([title, own]) => `.SH ${title}\n${own.map(entryText).join('')}`)
    .join('');
}

const CONTAINER_INTRODUCTION = `.SH DESCRIPTION
A container's configuration is
.IR LXCPATH / NAME /config,
in the language of
.BR lxc.container.conf (5):
lines of the form
.PP
.EX
    KEY = VALUE
.EE
.PP
Blanks around key and value, and one pair of quotes around the value, are removed. Empty lines and lines that begin with
.B #
are skipped; so are lines that begin neither with
.B lxc.
nor
.B tlxc.
as the names of keys do. An empty value resets a key to its default; for a list it removes what was set before. Lists may be
repeated, and add up; of other keys the last one counts.
.PP
A key that is not known, and a value that will not do, are errors: the container is not started, and all of them are
told with file, line and column, the word that is wrong, and what may stand there. Names from before LXC 3 are accepted
with a warning;
.BR tlxc-update-config (1)
rewrites them.
`;

const FILES = `.SH FILES
.TP
.I /etc/tlxc/default.conf
What the configuration of a new container begins with; a user's is
.IR ~/.config/tlxc/default.conf .
.TP
.I /usr/share/tlxc/config/common.conf
The profile that new containers include: devices, mounts, capabilities, system calls. The package's own answers where nothing is installed there.
.TP
.I /usr/share/tlxc/config/userns.conf
What it becomes for unprivileged ones.
.TP
.I /usr/share/tlxc/config/nesting.conf
What it takes to run containers in it.
`;

/** man/tlxc.container.conf.5 */
export function containerConfPage(): string {
  return (
    header('tlxc.container.conf', "a container's configuration") +
    CONTAINER_INTRODUCTION +
    sections(registry) +
    SYSTEM_CALL_POLICIES +
    NESTING +
    FILES +
    EXAMPLES +
    '.SH SEE ALSO\n.BR tlxc-start (1),\n.BR tlxc-info (1),\n.BR tlxc.conf (5),\n.BR tlxc (7)\n'
  );
}

const SYSTEM_INTRODUCTION = `.SH DESCRIPTION
TLXC's own settings, in INI form. Root's file is
.IR /etc/tlxc/tlxc.conf ,
a user's
.IR ~/.config/tlxc/tlxc.conf ;
.B TLXC_CONF
in the environment names another.
.BR tlxc-config (1)
prints and writes them. The defaults below are root's.
.SH SETTINGS
`;

/** man/tlxc.conf.5 */
export function systemConfPage(): string {
  const places = { root: true, home: '~', runtime: '/run' };
  const entries = systemKeys.map(({ name, syntax, doc, fallback }) => ({
    ...{ name, syntax, doc, list: false },
    fallback: fallback(places),
  }));
  return (
    header('tlxc.conf', "TLXC's own settings") +
    SYSTEM_INTRODUCTION +
    entries.map(entryText).join('') +
    '.SH SEE ALSO\n.BR tlxc-config (1),\n.BR tlxc-net (1),\n.BR tlxc (7)\n'
  );
}
