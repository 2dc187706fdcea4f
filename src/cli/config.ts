/** tlxc-config */
import { loadSystemConfig, setSystemSetting } from '../config/system.ts';
import { systemKeys } from '../config/system-keys.ts';
import { containerPaths, isName } from '../container/paths.ts';
import { isDefined } from '../container/store.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText } from './printable.ts';
import { offerContainers } from './offered-containers.ts';
import { tooMany, usageError } from './usage.ts';

const USAGE = `Usage: tlxc-config -l: list all available configuration items
       tlxc-config ITEM: print a configuration item
       tlxc-config ITEM VALUE: set a configuration item
       tlxc-config explain -n NAME [KEY]: show what is in force in a container, and where it was written
`;

/** LXC's own first, in its order: of the items that a prefix fits it means the first. */
const LXC_ITEMS = [
  'lxc.default_config',
  'lxc.lxcpath',
  'lxc.bdev.lvm.vg',
  'lxc.bdev.lvm.thin_pool',
  'lxc.bdev.zfs.root',
  'lxc.cgroup.use',
  'lxc.cgroup.pattern',
];
const ITEMS = [...new Set([...LXC_ITEMS, ...systemKeys.map(({ name }) => name)])];

/** The item that a name, or a prefix of one as LXC allows, means. */
function itemOf({ system, lxcpath }: Invocation, name: string): string {
  const found = ITEMS.find((known) => known === name) ?? ITEMS.find((known) => known.startsWith(name));
  if (found !== undefined) return found;
  const message = `Unknown configuration item: ${name}`;
  const isContainer = isName(name) && isDefined(containerPaths(system, lxcpath, name));
  const own = isContainer ? `; tlxc-config explain -n ${name} shows what is in force in that container` : '';
  throw usageError(message, `tlxc-config -l lists them${own}`);
}

/** explain -n NAME [KEY], or explain NAME [KEY]. */
async function explainWords(invocation: Invocation, context: CommandContext): Promise<number> {
  const words = invocation.rest.slice(1);
  const given = invocation.options['name'];
  const name = typeof given === 'string' ? given : words.shift();
  const [key, unexpected] = words;
  if (name === undefined) {
    const there = offerContainers('all', invocation);
    throw usageError('No container name specified', there && `${there}; tlxc-config explain -n NAME`);
  }
  if (unexpected !== undefined) throw tooMany(unexpected);
  const { explain } = await import('./explain.ts');
  return explain({ ...invocation, name }, context, key);
}

function config(invocation: Invocation, context: CommandContext): number | Promise<number> {
  const { options, rest } = invocation;
  const { env, stdout } = context;
  const [name, value, unexpected] = rest;
  if (name === 'explain') return explainWords(invocation, context);
  const json = options['json'] === true;
  if (options['list'] === true && json) {
    const { settings } = loadSystemConfig(env);
    stdout.write(jsonText(ITEMS.map((item) => ({ name: item, value: settings[item] || null }))));
    return 0;
  }
  if (options['list'] === true) {
    stdout.write(ITEMS.map((item) => `${item}\n`).join(''));
    return 0;
  }
  if (name === undefined || name === '') {
    stdout.write(USAGE);
    return 0;
  }
  if (unexpected !== undefined) throw tooMany(unexpected);
  // To set an item its whole name is needed: a prefix may mean another one in the next version.
  if (value !== undefined) {
    setSystemSetting(env, name, value);
    return 0;
  }
  const item = itemOf(invocation, name);
  const current = loadSystemConfig(env).settings[item];
  if (json) stdout.write(jsonText({ name: item, value: current || null }));
  else stdout.write(current ? `${current}\n` : `${item} is not set.\n`);
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-config',
    summary: "prints and sets TLXC's own settings, explains a container's configuration",
    usage: '-l [--json]\nITEM [--json]\nITEM VALUE\nexplain -n NAME [KEY] [--json]',
    name: 'none',
    rest: 'words',
    options: [
      { flags: '-l, --list', description: 'List all available configuration items' },
      { flags: '-n, --name <NAME>', description: 'Of explain: the container' },
      { flags: '--json', description: 'Of explain, -l and ITEM: print JSON' },
    ],
  },
  config,
);
