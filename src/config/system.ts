/** TLXC's own settings: tlxc.conf, an INI file. LXC's names keep their meaning (lxc.conf(5)). */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, safe } from 'ini';
import type { Environment } from '../environment.ts';
import { TlxcError } from '../errors.ts';
import { Problem, type Fault } from '../problem.ts';
import { writeFileAtomically } from './atomic-write.ts';
import { locate } from './locate.ts';
import type { SystemConfig } from './model.ts';
import { nearest } from './nearest.ts';
import { readConfigFile } from './read-file.ts';
import { shippedDefaultConfig, systemKeys, type Places, type SystemKey } from './system-keys.ts';

function placesOf(env: Environment): Places {
  const home = env['HOME'] ?? '/';
  const runtime = env['XDG_RUNTIME_DIR'] ?? join(home, '.cache/tlxc/run');
  return { root: process.getuid?.() === 0, home, runtime };
}

/** The settings file of this user: $TLXC_CONF, else /etc/tlxc/tlxc.conf for root, ~/.config/tlxc/tlxc.conf for others. */
export function systemConfigFile(env: Environment): string {
  const places = placesOf(env);
  return (
    env['TLXC_CONF'] || (places.root ? '/etc/tlxc/tlxc.conf' : join(places.home, '.config/tlxc/tlxc.conf'))
  );
}

const wrong = (file: string, problems: readonly Problem[]): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_CONFIG',
    message: `${file}: ${problems.length === 1 ? 'a setting is' : `${problems.length} settings are`} wrong`,
    path: file,
    problems,
  });

/** "[tlxc.bridge] name = x" and "tlxc.bridge.name = x" say the same. */
function flatten(tree: Record<string, unknown>, prefix: string, into: Map<string, string>): void {
  for (const [name, value] of Object.entries(tree)) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      flatten(value as Record<string, unknown>, `${prefix}${name}.`, into);
    } else into.set(prefix + name, String(value));
  }
}

function readSettings(file: string, required: boolean): Map<string, string> {
  const settings = new Map<string, string>();
  if (!required && !existsSync(file)) return settings;
  const { text } = readConfigFile(file);
  flatten(parse(text), '', settings);
  const problems = [...settings].flatMap(([name, value]) => {
    const problem = checkSetting(name, value);
    if (problem === undefined) return [];
    const line = lineOf(text, name);
    return [locate(problem.with({ at: { file, line } }), () => text.split('\n')[line - 1])];
  });
  if (problems.length > 0) throw wrong(file, problems);
  return settings;
}

/** The full name that each line sets, "" where it sets none: what ini reads, with the line it does not tell. */
function namesByLine(text: string): string[] {
  let section = '';
  return text.split('\n').map((line) => {
    const heading = /^\[([^\]]*)\]\s*$/.exec(line);
    if (heading) section = `${heading[1]}.`;
    if (heading || /^\s*([;#]|$)/.test(line)) return '';
    return section + (line.split('=')[0] ?? '').trim();
  });
}

const lineOf = (text: string, name: string): number => namesByLine(text).lastIndexOf(name) + 1;

const find = (name: string): SystemKey | undefined => systemKeys.find((key) => key.name === name);

function checkSetting(name: string, value: string): Problem | undefined {
  const key = find(name);
  if (!key) return unknownSetting(name);
  const message = /[\r\n\0]/.test(value) ? 'it must be one line' : key.check(value);
  return message === undefined
    ? undefined
    : new Problem({ message, subject: { key: name, value }, fault: { word: value } });
}

function unknownSetting(name: string): Problem {
  const meant = nearest(
    name,
    systemKeys.map((known) => known.name),
  );
  const fault: Fault = { part: 'key', ...(meant && { nearest: meant }) };
  return new Problem({ message: `${name} is not a setting`, fault });
}

/** A default.conf that nobody wrote: the next one in line, at last the package's. */
function defaultConfig(written: string | undefined, fallback: string): string {
  if (written !== undefined) return written;
  return [fallback, '/etc/tlxc/default.conf'].find((path) => existsSync(path)) ?? shippedDefaultConfig();
}

/** The settings in force. Throws TLXC_E_CONFIG with every problem of the file; a file that is not there is empty. */
export function loadSystemConfig(env: Environment): SystemConfig {
  const written = readSettings(systemConfigFile(env), Boolean(env['TLXC_CONF']));
  const places = placesOf(env);
  const settings: Record<string, string> = {};
  for (const { name, fallback } of systemKeys) settings[name] = written.get(name) ?? fallback(places);
  const value = (name: string): string => settings[name] ?? '';
  const fallback = value('lxc.default_config');
  settings['lxc.default_config'] = defaultConfig(written.get('lxc.default_config'), fallback);
  const lxcpath = value('lxc.lxcpath');
  // A pattern that is not looked for is not compiled.
  return {
    lxcpath: lxcpath.endsWith('/') ? lxcpath.replace(/(?<=.)\/+$/, '') : lxcpath,
    defaultConfig: value('lxc.default_config'),
    runDir: value('tlxc.rundir'),
    cacheDir: value('tlxc.cachedir'),
    stateDir: value('tlxc.statedir'),
    get imageServers() {
      return value('tlxc.image.server')
        .trim()
        .split(/[\s,]+/);
    },
    imageOffline: value('tlxc.image.offline') === '1',
    imageCa: value('tlxc.image.ca') || null,
    imageKeyring: value('tlxc.image.keyring') || null,
    settings,
    cgroupPattern: value('lxc.cgroup.pattern'),
    cgroupUse: value('lxc.cgroup.use').split(',').filter(Boolean),
  };
}

/**
 * Replaces the line of this name, or adds one before the first section; comments and everything else stay.
 * ini's own stringify would lose them.
 */
function edit(text: string, name: string, value: string): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const at = lineOf(text, name) - 1;
  const before = lines[at];
  if (before !== undefined) lines[at] = `${before.split('=')[0]?.trimEnd()} = ${safe(value)}`;
  else {
    const section = lines.findIndex((line) => line.startsWith('['));
    lines.splice(section === -1 ? lines.length : section, 0, `${name} = ${safe(value)}`);
  }
  return `${lines.join('\n')}\n`.replace(/^\n/, '');
}

/**
 * Writes one setting into this user's tlxc.conf (made where it is missing) and returns the file.
 * Throws TLXC_E_CONFIG for an unknown name or a bad value; the file is replaced whole or not at all.
 */
export function setSystemSetting(env: Environment, name: string, value: string): string {
  const file = systemConfigFile(env);
  const problem = checkSetting(name, value);
  if (problem !== undefined)
    throw new TlxcError({
      code: 'TLXC_E_CONFIG',
      message: String(problem),
      hint: 'tlxc-config -l lists the settings, tlxc.conf(5) tells what they take',
    });
  const text = existsSync(file) ? readConfigFile(file).text : '';
  mkdirSync(dirname(file), { recursive: true });
  writeFileAtomically(file, edit(text, name, value));
  return file;
}
