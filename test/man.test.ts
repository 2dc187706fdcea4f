/** The manual pages tell what the commands take and what the keys are: no more, no less. */
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXAMPLE_CONFIGURATIONS } from '../.ci/manual-examples.ts';
import { withTemplateOptions } from '../.ci/manual-templates.ts';
import { containerConfPage, systemConfPage } from '../.ci/manual.ts';
import type { Command } from '../src/cli/context.ts';
import { loadContainerConfig } from '../src/config/load.ts';
import { runCommand } from './cli/run-command.ts';
import { linesShown, manualPage as page } from './rig/manual.ts';

const COMMANDS = [
  'attach',
  'autostart',
  'cgroup',
  'checkconfig',
  'checkpoint',
  'config',
  'console',
  'copy',
  'create',
  'destroy',
  'device',
  'doctor',
  'execute',
  'export',
  'file',
  'freeze',
  'image',
  'import',
  'info',
  'logs',
  'ls',
  'monitor',
  'net',
  'set',
  'snapshot',
  'start',
  'stop',
  'top',
  'unfreeze',
  'unshare',
  'update-config',
  'usernsexec',
  'wait',
];
/** Those of tlxc(7), in every command's --help. */
const COMMON = ['--logfile', '--logpriority', '--quiet', '--lxcpath', '--help', '--usage', '--version'];

/** The options that stand as tagged paragraphs. */
const optionsOfPage = (text: string): string[] =>
  [...text.matchAll(/^\.TP\n(.*\\fB\\-\\-.*)$/gm)].flatMap(([, tag = '']) =>
    [...tag.matchAll(/\\fB(\\-\\-[a-z\\-]+)\\fR/g)].map(([, option = '']) => option.replaceAll('\\', '')),
  );

for (const name of COMMANDS) {
  test(`tlxc-${name}(1) has the options of tlxc-${name}`, async (t) => {
    const { default: command } = (await import(`../src/cli/${name}.ts`)) as { default: Command };
    const { stderr } = await runCommand(command, ['--help'], { program: `tlxc-${name}` });
    const shown = [...stderr.matchAll(/^ {2,6}(?:-., )?(--[a-z-]+)/gm)].map(([, option = '']) => option);
    const own = shown.filter((option) => !COMMON.includes(option));
    // The templates' options have a section, and a test, of their own.
    const text = page(`tlxc-${name}.1`).replace(/^\.SH TEMPLATE OPTIONS$[^]*?(?=^\.SH )/m, '');
    t.deepEqual(optionsOfPage(text).sort(), own.sort());
  });
}

test('tlxc(7) has the common options', (t) => {
  t.deepEqual(optionsOfPage(page('tlxc.7')).sort(), [...COMMON].sort());
});

test("tlxc-create(1) has the templates' options: npm run build:manual", (t) => {
  const text = page('tlxc-create.1');
  t.is(text, withTemplateOptions(text));
  t.true(optionsOfPage(text).includes('--security-mirror'));
});

for (const [what, lines] of EXAMPLE_CONFIGURATIONS) {
  test(`an example of tlxc.container.conf(5) is a good configuration: ${what}`, (t) => {
    const lxcpath = mkdtempSync(join(tmpdir(), 'tlxc-man-'));
    t.teardown(() => rmSync(lxcpath, { recursive: true }));
    const configFile = join(lxcpath, 'config');
    const root = lines.includes('lxc.rootfs.path') ? '' : 'lxc.rootfs.path = dir:/\n';
    writeFileSync(configFile, `${root}${lines}\n`);
    t.notThrows(() => loadContainerConfig({ name: 'u1', lxcpath, configFile, environment: {} }));
  });
}

/** The words of a shell's line, as the shell itself makes them; what it would run or write to is left away. */
function commandsOf(line: string): string[][] {
  const parts = line.replace(/ +# .*$/, '').match(/(?:'[^']*'|"[^"]*"|[^'"|&;<>])+/g) ?? [];
  const ours = parts.map((part) => part.trim()).filter((part) => /^tlxc(-[a-z-]+)?( |$)/.test(part));
  return ours.map((part) => {
    const words = execFileSync('sh', ['-c', `line=x; printf '%s\\0' ${part}`], { encoding: 'utf8' });
    return words.split('\0').slice(0, -1);
  });
}

/** After the options, before what is the command's or the template's own. */
function withHelp(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  return end < 0 ? [...words, '--help'] : [...words.slice(0, end), '--help', ...words.slice(end)];
}

const EXAMPLE_PAGES = readdirSync(new URL('../man', import.meta.url)).filter((name) =>
  /^tlxc-(?!user-nic)[a-z-]+\.1$/.test(name),
);

for (const [name, text] of [
  ...EXAMPLE_PAGES.map((file) => [file, page(file).split('.SH EXAMPLES')[1] ?? ''] as const),
  ['README.md', page('../README.md').split('\n## Commands')[0] ?? ''] as const,
]) {
  const lines = linesShown(text);
  // A page without examples is no test.
  if (lines.length === 0) continue;
  test(`the command lines that ${name} shows are understood`, async (t) => {
    for (const [program = '', ...words] of lines.flatMap(commandsOf)) {
      const { default: command } = (await import(`../src/cli/${program.replace('tlxc-', '')}.ts`)) as {
        default: Command;
      };
      const { exit, stderr } = await runCommand(command, withHelp(words), { program });
      t.is(exit, 0, `${program} ${words.join(' ')}`);
      t.regex(stderr, /^Usage: /, `${program} ${words.join(' ')}`);
    }
  });
}

test('the pages of the file formats are as the registries are: npm run build:manual', (t) => {
  t.is(page('tlxc.container.conf.5'), containerConfPage());
  t.is(page('tlxc.conf.5'), systemConfPage());
});

test('npm install -g installs every page', (t) => {
  const { man } = JSON.parse(page('../package.json')) as { man: string[] };
  const pages = readdirSync(new URL('../man', import.meta.url)).map((name) => `man/${name}`);
  t.deepEqual([...man].sort(), pages.sort());
});
