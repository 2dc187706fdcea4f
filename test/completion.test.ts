/** Completion: current, and what the shells make of it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { completionFiles } from '../.ci/completion/files.ts';
import { packageRoot } from '../src/package-root.ts';
import { scratch } from './config/scratch.ts';
import { requires } from './rig/requires.ts';

const file = (name: string): string => join(packageRoot, 'config/completion', name);

test('the files are as the commands and the registry are: npm run build:manual', async (t) => {
  for (const [name, text] of await completionFiles()) t.is(readFileSync(file(name), 'utf8'), text, name);
});

/** Where tlxc-ls is one that knows two containers, each of which has two snapshots. */
function withContainers(t: ExecutionContext): NodeJS.ProcessEnv {
  const directory = scratch(t, {
    'tlxc-ls': '#!/bin/sh\necho "alpha "; echo "beta  "; [ "$2" != -P ] || echo "of$3"\n',
    'tlxc-snapshot':
      '#!/bin/sh\necho "$3-0 (/snaps) 2026:11:01 12:00:00"; echo "$3-1 (/snaps) 2026:11:02 12:00:00"\n',
    'tlxc-image':
      '#!/bin/sh\nprintf "NAME  BUILD\\ndebian/bookworm/amd64/default  2026\\nbusybox -x  2026\\n"\n',
  });
  for (const name of ['tlxc-ls', 'tlxc-snapshot', 'tlxc-image']) chmodSync(join(directory, name), 0o755);
  return { PATH: `${directory}:/usr/bin:/bin`, HOME: directory, TERM: 'dumb' };
}

type Offers = (line: string) => string[];

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

const COMPLETED =
  'source "$0"; COMP_LINE=$1 COMP_POINT=${#1}; _tlxc "${1%% *}" 2> /dev/null; printf "%s\\n" "${COMPREPLY[@]}"';

function inBash(script: string, line: string, directory: string): string {
  const env = { PATH: `${directory}:/usr/bin:/bin`, HOME: directory, TERM: 'dumb' };
  return execFileSync('bash', ['--norc', '-c', script, file('tlxc.bash'), line], { encoding: 'utf8', env });
}

function bash(t: ExecutionContext): Offers {
  const directory = withContainers(t)['HOME'] ?? '';
  return (line) => lines(inBash(COMPLETED, line, directory));
}

function fish(t: ExecutionContext): Offers {
  const env = withContainers(t);
  const script = 'source $argv[1]; complete -C $argv[2]';
  return (line) =>
    lines(
      execFileSync('fish', ['--no-config', '-c', script, file('tlxc.fish'), line], { encoding: 'utf8', env }),
    ).map((offer) => offer.split('\t')[0] ?? '');
}

/** What both must offer; bash leaves out of a setting what precedes "=" and ":". */
function offersWhatItShould(t: ExecutionContext, offers: Offers, glued: boolean): void {
  const value = (key: string, ...values: readonly string[]): string[] =>
    values.map((each) => (glued ? (each.split(':').at(-1) ?? '') : `${key}=${each}`));
  t.deepEqual(offers('tlxc-start -n al'), ['alpha']);
  t.deepEqual(offers('tlxc-stop ').sort(), ['alpha', 'beta']);
  t.deepEqual(offers('tlxc-info -n alpha -c lxc.uts'), ['lxc.uts.name']);
  t.true(offers('tlxc-info -n alpha -c lxc.cgroup2').includes('lxc.cgroup2.'));
  t.deepEqual(offers('tlxc-info -c lxc.net.3.hw'), ['lxc.net.3.hwaddr']);
  t.deepEqual(
    offers('tlxc-start -n alpha -s lxc.autod').filter((key) => !key.includes('tmpfs')),
    ['lxc.autodev='],
  );
  t.deepEqual(offers('tlxc-start -s lxc.autodev=').sort(), value('lxc.autodev', '0', '1'));
  t.true(offers('tlxc-start --define lxc.net.7.type=v').includes(value('lxc.net.7.type', 'veth')[0] ?? ''));
  t.deepEqual(offers('tlxc-start -s lxc.mount.auto=proc:r'), value('lxc.mount.auto', 'proc:rw'));
  t.deepEqual(offers('tlxc-ls -l TR'), ['TRACE']);
  t.true(offers('tlxc-start --fore').includes('--foreground'));
  t.true(offers('tlxc-config ex').includes('explain'));
  t.true(offers('tlxc-config explain al').includes('alpha'));
  t.true(offers('tlxc-config explain alpha lxc.uts').includes('lxc.uts.name'));
  t.deepEqual(offers('tlxc-snapshot -n alpha -r '), ['alpha-0', 'alpha-1']);
  t.deepEqual(offers('tlxc-snapshot beta --destroy beta-1'), ['beta-1']);
  t.deepEqual(offers('tlxc st').slice(0, 2).sort(), ['start', 'stop']);
  t.true(offers('tlxc help fr').includes('freeze'));
  t.deepEqual(offers('tlxc stop ').sort(), ['alpha', 'beta']);
  t.deepEqual(offers('tlxc start -n al'), ['alpha']);
  t.deepEqual(offers('tlxc snapshot alpha -r '), ['alpha-0', 'alpha-1']);
  t.deepEqual(offers('tlxc info alpha -c lxc.uts'), ['lxc.uts.name']);
  t.deepEqual(offers('tlxc-create -n new -t d').sort(), ['debian', 'download']);
  t.deepEqual(offers('tlxc-copy -n alpha -N c -B over'), ['overlay']);
  t.deepEqual(offers('tlxc-set al'), ['alpha']);
  t.deepEqual(offers('tlxc-set alpha memory-').sort(), ['memory-high=', 'memory-low=']);
  t.deepEqual(offers('tlxc set alpha pi'), ['pids=']);
  t.deepEqual(offers('tlxc-device -n alpha ').sort(), ['add', 'del', 'list']);
  t.deepEqual(offers('tlxc-image inf'), ['info']);
  t.deepEqual(offers('tlxc-image info deb'), ['debian/bookworm/amd64/default']);
  t.deepEqual(offers('tlxc-stop -t '), [], "a number is nobody's to know");
}

test('bash runs nothing that a name holds, and does not offer it', (t) => {
  const directory = withContainers(t)['HOME'] ?? '';
  const evil = (before: string, after: string): string =>
    `#!/bin/sh\necho NAME\ncat <<'END'\n${before}$(>${directory}/ran)${after}\n\`>${directory}/ran\`${after}\nEND\n`;
  for (const [name, text] of [
    ['tlxc-ls', evil('', '')],
    ['tlxc-snapshot', evil('', ' (/snaps) 2026')],
    ['tlxc-image', evil('debian/', '/amd64  2026')],
  ] as const)
    writeFileSync(join(directory, name), text);
  const script = `${COMPLETED}; ls "$HOME"`;
  for (const line of ['tlxc-start -n ', 'tlxc-snapshot -n a -r ', 'tlxc-image info '])
    t.notRegex(inBash(script, line, directory), /^ran$/m, line);
  t.deepEqual(lines(inBash(COMPLETED, 'tlxc-image info ', directory)), []);
});

test('bash is offered containers, keys, settings and options', (t) => {
  const offers = bash(t);
  offersWhatItShould(t, offers, true);
  t.deepEqual(offers('tlxc-start -P /srv -n of'), ['of/srv']);
});

requires('fish')('fish is offered the same', (t) => {
  offersWhatItShould(t, fish(t), false);
});

requires('zsh')('zsh takes the file as the completion of every command', (t) => {
  const env = withContainers(t);
  const zsh = (script: string, ...words: string[]): string =>
    execFileSync('zsh', ['-f', '-c', script, ...words], { encoding: 'utf8', env });
  t.is(zsh('zsh -n $0', file('_tlxc')), '');
  const registered = zsh(
    'fpath=($0 $fpath); autoload -U compinit; compinit -D; print $_comps[tlxc-start]',
    file('.'),
  );
  t.is(registered.trim(), '_tlxc');
  // The words that the completion system would be given.
  const stub = '_arguments() { print -rl -- "$@" }; service=$1; source $0';
  t.regex(zsh(stub, file('_tlxc'), 'tlxc-start'), /^\(-s --define\)-s\+\[.*\]:KEY=VAL:_tlxc_settings$/m);
  const all = `
    _arguments() { print -rl -- "$@" }; _describe() { print -rl -- "$offers[@]" }
    service=tlxc words=(tlxc $1) CURRENT=$#words; source $0`;
  t.true(lines(zsh(all, file('_tlxc'), 'st')).includes('start:start it'));
  t.regex(
    zsh(all.replace('$1', '$1 -n a'), file('_tlxc'), 'stop'),
    /^\(-n --name\)-n\+\[.*_tlxc_containers$/m,
  );
  const settings = `
    setopt extendedglob
    _arguments() { : }; compadd() { print -rl -- "$@" }; compset() { [[ $PREFIX = *=* ]] && IPREFIX=\${PREFIX%%=*}= }
    source $0; PREFIX=$1; _tlxc_settings`;
  t.deepEqual(lines(zsh(settings, file('_tlxc'), 'lxc.autodev=')), ['--', '0', '1']);
  t.true(lines(zsh(settings, file('_tlxc'), 'lxc.net.4.')).includes('lxc.net.4.hwaddr'));
  t.true(lines(zsh(settings, file('_tlxc'), 'lxc.net.4.type=')).includes('veth'));
  const later = `
    _arguments() { : }; compadd() { print -rl -- "$@" }; service=none
    source $0; words=($@) CURRENT=$#words; _tlxc_later memory= pids=`;
  for (const line of [
    ['tlxc-set', '-n', 'alpha', 'm'],
    ['tlxc-set', 'alpha', 'm'],
  ])
    t.true(lines(zsh(later, file('_tlxc'), ...line)).includes('pids='), line.join(' '));
  t.false(lines(zsh(later, file('_tlxc'), 'tlxc-set', 'al')).includes('pids='));
});
