/** The manual pages tell what the commands take and what the keys are: no more, no less. */
import test from 'ava';
import { readdirSync, readFileSync } from 'node:fs';
import { containerConfPage, systemConfPage } from '../.ci/manual.ts';
import type { Command } from '../src/cli/context.ts';
import { runCommand } from './cli/run-command.ts';

const page = (name: string) => readFileSync(new URL(`../man/${name}`, import.meta.url), 'utf8');

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
    t.deepEqual(optionsOfPage(page(`tlxc-${name}.1`)).sort(), own.sort());
  });
}

test('tlxc(7) has the common options', (t) => {
  t.deepEqual(optionsOfPage(page('tlxc.7')).sort(), [...COMMON].sort());
});

test('the pages of the file formats are as the registries are: npm run build:manual', (t) => {
  t.is(page('tlxc.container.conf.5'), containerConfPage());
  t.is(page('tlxc.conf.5'), systemConfPage());
});

test('npm install -g installs every page', (t) => {
  const { man } = JSON.parse(page('../package.json')) as { man: string[] };
  const pages = readdirSync(new URL('../man', import.meta.url)).map((name) => `man/${name}`);
  t.deepEqual([...man].sort(), pages.sort());
});
