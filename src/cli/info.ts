/** tlxc-info */
import { existsSync } from 'node:fs';
import { loadSettings } from '../config/load.ts';
import { showConfigKey } from '../config/show.ts';
import {
  addressesOf,
  configOf,
  inspectContainers,
  linksOf,
  type ContainerStatus,
} from '../container/info/inspect.ts';
import { interfaceReports } from '../container/info/interfaces.ts';
import { madeFrom } from '../container/info/image.ts';
import { healthOf } from '../container/info/health.ts';
import { lastExit } from '../container/info/last-exit.ts';
import { diskUsagesOf } from '../container/info/disk.ts';
import { notDefined } from '../container/not-defined.ts';
import { containerPaths } from '../container/paths.ts';
import { startFailure } from '../container/restart.ts';
import { runningUsage } from '../container/info/oom-kills.ts';
import { TlxcError } from '../errors.ts';
import type { VolumeUsage } from '../storage/backend.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { infoLines, type Information, type Selection } from './info-lines.ts';
import { argumentsOf } from './options.ts';
import { jsonText, printable } from './printable.ts';
import { namedConfig } from './rcfile.ts';
import { tellError } from './tell.ts';

function informationOf(
  status: ContainerStatus,
  { system, lxcpath }: Pick<Invocation, 'system' | 'lxcpath'>,
  disk: VolumeUsage | null,
): Information {
  const { name, state, running } = status;
  const paths = containerPaths(system, lxcpath, name);
  return {
    name,
    state,
    pid: running?.initPid ?? null,
    addresses: addressesOf(status),
    usage: running && runningUsage(running.cgroups),
    disk,
    links: linksOf(status),
    forwards: running?.forwards ?? [],
    image: madeFrom(paths),
    health: healthOf(running?.health),
    restart: status.restart ?? null,
    lastExit: lastExit(paths),
    startFailure: startFailure(paths),
  };
}

/** Throws TLXC_E_NOT_FOUND where there is no such container, TLXC_E_CONFIG where it is stopped and broken. */
function inspect(invocation: Invocation, context: CommandContext): ContainerStatus {
  const { name, system, lxcpath } = invocation;
  const store = { system, lxcpath, environment: context.env };
  const [status] = inspectContainers(store, [name], { network: true });
  if (status && status.state !== 'STOPPED') return status;
  const config = invocation.options['rcfile'] === undefined ? configOf(store, name) : null;
  if (config instanceof TlxcError) throw config;
  if (status && (config || existsSync(containerPaths(system, lxcpath, name).config))) return status;
  throw notDefined(containerPaths(system, lxcpath, name), `${name} doesn't exist`);
}

/** `KEY = VALUE`, or only the value; a list is one value a line, and an empty line follows. */
function itemLines(key: string, text: string, bare: boolean): string[] {
  const [first = '', ...more] = text.split('\n').map(printable);
  return [bare ? first : `${key} =${first && ' '}${first}`, ...more];
}

function configLines(invocation: Invocation, { cwd, env, stderr }: CommandContext, bare: boolean): string[] {
  const keys = argumentsOf(invocation.options['config']);
  const rcfile = invocation.options['rcfile'];
  if (keys.length === 0 && rcfile === undefined) return [];
  const { name, system, lxcpath } = invocation;
  const configFile = namedConfig(rcfile, cwd) ?? containerPaths(system, lxcpath, name).config;
  const { settings } = loadSettings({ name, lxcpath, configFile, environment: env });
  return keys.flatMap((key) => {
    const shown = showConfigKey(settings, key);
    if (shown.kind === 'value') return itemLines(key, shown.text, bare);
    stderr.write(`${printable(key)} invalid\n`);
    return [];
  });
}

/** Where it is shown: some backing stores are asked by their tools. */
async function diskOf(
  { name, system, lxcpath }: Invocation,
  env: CommandContext['env'],
): Promise<VolumeUsage | null> {
  const config = configOf({ system, lxcpath, environment: env }, name);
  const [usage] = await diskUsagesOf([config instanceof TlxcError ? null : config]);
  return usage ?? null;
}

async function info(invocation: Invocation, context: CommandContext): Promise<number> {
  const { options } = invocation;
  const is = (key: string) => options[key] === true;
  const selection: Selection = { state: is('state'), pid: is('pid'), ips: is('ips'), stats: is('stats') };
  const status = inspect(invocation, context);
  if (status.untold) tellError(status.untold, invocation, context);
  const keys = argumentsOf(options['config']);
  const selected = Object.values(selection).filter(Boolean).length;
  const showsDisk = is('json') || selection.stats || (selected === 0 && keys.length === 0);
  const information = informationOf(
    status,
    invocation,
    showsDisk ? await diskOf(invocation, context.env) : null,
  );
  if (is('json')) {
    const { running } = status;
    const more = { interfaces: interfaceReports(status), devices: running?.devices ?? [] };
    context.stdout.write(jsonText({ ...information, ...more }));
    return 0;
  }
  const bare = is('noHumanize') && keys.length + selected === 1;
  const lines = keys.length > 0 && selected === 0 ? [] : infoLines(information, selection, !is('noHumanize'));
  lines.push(...configLines(invocation, context, bare));
  context.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-info',
    summary: 'shows what is known of the container NAME',
    usage: '--name=NAME',
    name: 'required',
    offers: 'all',
    rest: 'none',
    options: [
      {
        flags: '-c, --config <KEY>',
        description: 'Show the configuration key KEY, from the file on disk',
        repeat: true,
      },
      { flags: '-i, --ips', description: 'Show the IP addresses' },
      { flags: '-p, --pid', description: "Show the process id of the container's init" },
      { flags: '-S, --stats', description: 'Show what it uses' },
      { flags: '-H, --no-humanize', description: 'Show raw numbers; of one single value, nothing but it' },
      { flags: '-s, --state', description: 'Show the state' },
      { flags: '--json', description: 'Show everything as JSON' },
      {
        flags: '--rcfile <FILE>',
        description: "Read -c's keys from FILE instead of the container's configuration",
      },
    ],
  },
  info,
);
