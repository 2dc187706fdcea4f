/** Sixty names that no container may have, given to every command: refused with a reason, and nothing is made. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import attach from '../../src/cli/attach.ts';
import console_ from '../../src/cli/console.ts';
import type { Command } from '../../src/cli/context.ts';
import create from '../../src/cli/create.ts';
import destroy from '../../src/cli/destroy.ts';
import info from '../../src/cli/info.ts';
import start from '../../src/cli/start.ts';
import stop from '../../src/cli/stop.ts';
import { runCommand } from '../cli/run-command.ts';

const COMMANDS: Readonly<Record<string, { command: Command; words: readonly string[] }>> = {
  attach: { command: attach, words: ['--', 'true'] },
  console: { command: console_, words: [] },
  create: { command: create, words: ['-t', 'none'] },
  destroy: { command: destroy, words: ['-f'] },
  info: { command: info, words: [] },
  start: { command: start, words: [] },
  stop: { command: stop, words: ['-k'] },
};

const NAMES: readonly string[] = [
  ...['', '.', '..', '...', './a', '../a', 'a/../b', 'a/b', 'a/', '/a', '//', '/', '/etc', '/etc/passwd'],
  ...[
    '.hidden',
    '.trash',
    '.tlxc-staging-a',
    '-a',
    '-',
    '--',
    '--help-not',
    '_a',
    '~',
    '~root',
    '$HOME',
    '$(id)',
  ],
  ...[
    '`id`',
    'a b',
    ' a',
    'a ',
    'a\tb',
    'a\nb',
    'a\n',
    '\n',
    'a\rb',
    'a\0b',
    '\0',
    'a\x1b[31m',
    '\x7f',
    'a\x9bb',
  ],
  ...[
    'a;id',
    'a|id',
    'a&id',
    'a>b',
    'a*',
    'a?',
    '[a]',
    'a\\b',
    'a"b',
    "a'b",
    'a:b',
    'a,b',
    'a=b',
    'a%b',
    'a@b',
  ],
  ...['a#b', 'a+b', 'ä', '名', 'a\u202eb', '\ufeffa', 'a\ud800', 'x'.repeat(64), 'x'.repeat(4096), '１'],
];

function makePlaces() {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-names-'));
  const places = ['lxc', 'run', 'cache', 'state'].map((name) => join(dir, name));
  for (const place of places) mkdirSync(place);
  const keys = ['lxc.lxcpath', 'tlxc.rundir', 'tlxc.cachedir', 'tlxc.statedir'];
  const conf = join(dir, 'tlxc.conf');
  writeFileSync(conf, keys.map((key, index) => `${key} = ${places[index]}\n`).join(''));
  const content = (): string[] => readdirSync(dir, { recursive: true }).map(String).sort();
  return { dir, conf, content };
}

for (const [title, { command, words }] of Object.entries(COMMANDS)) {
  test(`${title}: refuses each, and makes nothing`, async (t) => {
    const { dir, conf, content } = makePlaces();
    t.teardown(() => rmSync(dir, { recursive: true }));
    const before = content();
    for (const name of NAMES) {
      const asked = { program: `tlxc-${title}`, env: { TLXC_CONF: conf }, cwd: dir };
      const { exit, stdout, stderr } = await runCommand(command, ['-n', name, ...words], asked);
      t.is(exit, 1, JSON.stringify(name));
      t.is(stdout, '', JSON.stringify(name));
      t.regex(stderr, /is not a container name\n {2}hint: /, JSON.stringify(name));
      // Not a byte of it drives the terminal.
      t.notRegex(stderr.replace(/[\n\t]/g, ''), /[\p{Cc}\p{Bidi_Control}]/u, JSON.stringify(name));
      t.deepEqual(content(), before, JSON.stringify(name));
    }
  });
}
