/** lxc.hook.*: programs of the administrator's, with the arguments and LXC_* variables that LXC gives them. */
import type { HookName, NetworkConfig } from '../config/model.ts';
import { DEFAULT_PATH } from './attach-environment.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import { rootfsMount, rootfsPath } from './rootfs.ts';
import type { Hook, Hooks, StartPlan } from './types.ts';

/** LXC waits for ever; a hook that hangs would hold its container's start, so there is an end, if a late one. */
const TIMEOUT_MS = 300_000;

/** Of the caller's environment, what a program of the container's gets: to find its tools and speak the person's language. */
const PASSED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ'];

export function compileHooks(compilation: Compilation): Hooks {
  const { config, options } = compilation;
  const hasScripts = config.networks.some(({ scriptUp, scriptDown }) => scriptUp ?? scriptDown);
  const runsLater = config.ephemeral !== undefined || (options.restart ?? null) !== null;
  const runsOnHost = config.hooks.length > 0 || hasScripts || runsLater;
  const of = (name: HookName) => hooksNamed(name, compilation);
  return {
    preStart: of('pre-start'),
    preMount: of('pre-mount'),
    mount: of('mount'),
    autodev: of('autodev'),
    startHost: of('start-host'),
    start: of('start'),
    stop: of('stop'),
    postStop: of('post-stop'),
    version: config.hookVersion,
    environment: environment(compilation, (name) => runsOnHost || PASSED.includes(name)),
    insideEnvironment: environment(compilation, (name) => PASSED.includes(name)),
    childEnvironment: [...config.environment, ...config.environmentHooks].map((each) => each.value),
  };
}

/** Those that a start runs, and may be kept waiting by. */
export const startHooks = ({ hooks, interfaces }: StartPlan): readonly Hook[] => {
  const { preStart, preMount, mount, autodev, startHost, start } = hooks;
  const scripts = interfaces.flatMap(({ scriptUp }) => scriptUp ?? []);
  return [preStart, scripts, preMount, mount, autodev, startHost, start].flat();
};

function hooksNamed(name: HookName, { config }: Compilation): Hook[] {
  return config.hooks
    .filter(({ value }) => value.hook === name)
    .map(({ value, at }) => ({
      argv: ['/bin/sh', '-c', script(value.command, name, config.hookVersion, config.name), 'sh'],
      timeoutMs: TIMEOUT_MS,
      origin: originOf(at),
    }));
}

/** The command is not quoted: it may carry arguments of its own. The container's name needs none (checkName). */
function script(command: string, name: HookName, version: 0 | 1, container: string): string {
  if (version === 0) return `exec ${command} '${container}' lxc ${name} "$@"`;
  return `export LXC_HOOK_TYPE=${name} LXC_HOOK_SECTION=lxc; exec ${command} "$@"`;
}

/**
 * lxc.net.[i].script.up and .down. They are told of the type, of the link where there is one and, of a veth, of the
 * host's end: in version 1 by variables, too.
 */
export function compileScript(
  name: 'up' | 'down',
  network: NetworkConfig,
  { config }: Compilation,
): Hook | null {
  const setting = name === 'up' ? network.scriptUp : network.scriptDown;
  if (setting === undefined) return null;
  const peer = network.link === undefined ? '$2' : '$3';
  const variables = [
    `LXC_HOOK_TYPE=${name} LXC_HOOK_SECTION=net LXC_NET_TYPE="$1"`,
    network.link === undefined ? '' : ' LXC_NET_PARENT="$2"',
    network.type.value === 'veth' ? ` LXC_NET_PEER="${peer}"` : '',
  ].join('');
  const script =
    config.hookVersion === 0
      ? `exec ${setting.value} '${config.name}' net ${name} "$@"`
      : `export ${variables}; exec ${setting.value} "$@"`;
  return {
    argv: ['/bin/sh', '-c', script, 'sh', network.type.value],
    timeoutMs: TIMEOUT_MS,
    origin: originOf(setting.at),
  };
}

/** What hooks are told; unset variables are left out. */
function told(compilation: Compilation): readonly (readonly [string, string | undefined])[] {
  const { config, host, options } = compilation;
  return [
    ['LXC_NAME', config.name],
    ['LXC_CONFIG_FILE', config.configFile],
    ['LXC_ROOTFS_MOUNT', rootfsMount(compilation)],
    ['LXC_ROOTFS_PATH', rootfsPath(compilation) || undefined],
    ['LXC_CONSOLE', options.consolePath ?? config.console.path?.value],
    ['LXC_CONSOLE_LOGPATH', options.consoleLog ?? config.console.logFile?.value],
    ['LXC_CGNS_AWARE', host.cgroupNamespaces ? '1' : undefined],
    ['LXC_LOG_LEVEL', (options.logLevel ?? config.log.level?.value ?? 'ERROR').toUpperCase()],
    ['LXC_HOOK_VERSION', String(config.hookVersion)],
  ];
}

/** What the caller's environment gives a hook, and then what it is told. */
function environment(compilation: Compilation, isPassed: (name: string) => boolean): string[] {
  const passed = Object.entries(compilation.options.environment).filter(([name]) => isPassed(name));
  const variables = new Map<string, string | undefined>([
    ['PATH', DEFAULT_PATH],
    ...passed,
    ...told(compilation),
  ]);
  return [...variables].flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}
