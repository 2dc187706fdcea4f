/** What an image's configuration becomes in a container's. An image sets these keys and no others. Pure. */
import { posix } from 'node:path';
import { SHIPPED_CONFIG } from '../../config/shipped.ts';
import { signalNumbers } from '../../signal-numbers.ts';
import type { ImageConfig } from './image-config.ts';
import type { ImageUser } from './image-user.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Programs that boot a system: they are asked to halt as such, and mount what they need. */
const SYSTEM_INIT = /^(\/(usr\/)?s?bin\/init|\/(usr\/)?lib\/systemd\/systemd)$/;
const MAX_LABELS = 64;
const MAX_SIGNAL = 64;
const MAX_COMMENT = 400;

export interface ConfigLines {
  /** "key = value", and comments. */
  readonly lines: readonly string[];
  /** For the person: what could not be carried over. */
  readonly remarks: readonly string[];
}

/** Whether a line of a configuration can hold it. */
const isOneLine = (text: string): boolean => !/[\n\r\0]/.test(text);

/** One word that is read back as it is. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** A value that begins and ends with a quote loses both, as does one with blanks around it: it gets a pair to lose. */
function value(text: string): string {
  const plain = text === text.trim() && !/^(['"]).*\1$/s.test(text) && text.length !== 0;
  return plain ? text : text.includes('"') ? `'${text}'` : `"${text}"`;
}

const comment = (text: string): string => `# ${text.replace(/\p{Cc}/gu, ' ').slice(0, MAX_COMMENT)}`;

/** Whether the image boots a system, with an init of its own. */
export const bootsSystem = ({ entrypoint, cmd }: ImageConfig): boolean =>
  SYSTEM_INIT.test([...entrypoint, ...cmd][0] ?? '');

/**
 * SIGTERM, Docker's, where the image says nothing, or what is none: a program that is PID 1 would never hear an init's signal. By
 * its name, with or without SIG, or its number.
 */
function stopSignal(config: ImageConfig, remarks: string[]): string | null {
  const { stopSignal: given } = config;
  const usual = bootsSystem(config) ? null : 'SIGTERM';
  const name = given.toUpperCase();
  if (name === '') return usual;
  const full = name.startsWith('SIG') || /^\d/.test(name) ? name : `SIG${name}`;
  const known =
    full in signalNumbers ||
    /^SIGRTM(IN|AX)([+-]\d{1,2})?$/.test(full) ||
    (/^[1-9]\d?$/.test(full) && Number(full) <= MAX_SIGNAL);
  if (known) return full;
  remarks.push(
    `The image's stop signal ${JSON.stringify(given.slice(0, MAX_COMMENT))} is none: see lxc.signal.halt.`,
  );
  return usual;
}

function environmentOf({ env }: ImageConfig, { home }: ImageUser): string[] {
  const has = (name: string): boolean => env.some((each) => each.startsWith(`${name}=`));
  return [...(has('PATH') ? [] : [PATH]), ...env, ...(has('HOME') ? [] : [`HOME=${home}`])];
}

function commandLines(config: ImageConfig, remarks: string[]): string[] {
  const words = [...config.entrypoint, ...config.cmd];
  if (words.length === 0) {
    remarks.push('The image names no program: set lxc.init.cmd to what is to run.');
    return [];
  }
  if (!words.every(isOneLine)) {
    remarks.push(
      "The image's command has an argument of several lines, which no configuration can hold: set lxc.init.cmd.",
    );
    return [];
  }
  const command = value(words.map(quoted).join(' '));
  return [`lxc.init.cmd = ${command}`, `lxc.execute.cmd = ${command}`];
}

/** One that is relative begins at the root, as Docker has it. */
function workingDirectory({ workingDir }: ImageConfig, remarks: string[]): string {
  if (isOneLine(workingDir)) return posix.join('/', workingDir);
  remarks.push("The image's working directory cannot be written as one line: see lxc.init.cwd.");
  return '/';
}

function userLines({ uid, gid, groups }: ImageUser): string[] {
  if (uid === 0 && gid === 0 && groups.length === 0) return [];
  const supplementary = groups.length === 0 ? [] : [`lxc.init.groups = ${groups.join(',')}`];
  return [`lxc.init.uid = ${uid}`, `lxc.init.gid = ${gid}`, ...supplementary];
}

function environmentLines(config: ImageConfig, user: ImageUser, remarks: string[]): string[] {
  return environmentOf(config, user).flatMap((each) => {
    if (!/^[^=\s]+=/.test(each) || !isOneLine(each)) {
      remarks.push(
        `The image's variable ${JSON.stringify(each.split('=')[0])} cannot be written as one line and is left out.`,
      );
      return [];
    }
    return [`lxc.environment = ${value(each)}`];
  });
}

const described = (what: string, list: readonly string[]): string[] =>
  list.length === 0 ? [] : [comment(`${what}: ${[...list].sort().join(' ')}`)];

function commentLines({ ports, volumes, labels }: ImageConfig): string[] {
  const entries = Object.entries(labels).slice(0, MAX_LABELS);
  return [
    ...described('It listens on', ports),
    ...described('It keeps data in', volumes),
    ...entries.map(([name, text]) => comment(`${name}: ${text}`)),
  ];
}

const NANOSECONDS = 1e9;
const LONGEST_S = 86_400;
const MOST_RETRIES = 1000;

function healthLines({ health }: ImageConfig, remarks: string[]): string[] {
  if (health === null) return [];
  const { test, retries } = health;
  const command = typeof test === 'string' ? test : test.map(quoted).join(' ');
  if (!isOneLine(command) || command.trim() === '') {
    remarks.push("The image's health check cannot be written as one line: see tlxc.health.command.");
    return [];
  }
  const seconds = (key: string, given: number): string[] =>
    given === 0 ? [] : [`tlxc.health.${key} = ${Math.min(Math.ceil(given / NANOSECONDS), LONGEST_S)}`];
  return [
    `tlxc.health.command = ${value(command)}`,
    ...seconds('interval', health.interval),
    ...seconds('timeout', health.timeout),
    ...(retries === 0 ? [] : [`tlxc.health.retries = ${Math.min(retries, MOST_RETRIES)}`]),
    ...seconds('start-period', health.startPeriod),
  ];
}

/** The lines that a container of the image has after the includes of its kind. */
export function configLines(config: ImageConfig, user: ImageUser): ConfigLines {
  const remarks: string[] = [];
  const cwd = workingDirectory(config, remarks);
  const signal = stopSignal(config, remarks);
  const lines = [
    ...(bootsSystem(config) ? [] : [`lxc.include = ${SHIPPED_CONFIG}/oci.conf`]),
    ...commandLines(config, remarks),
    ...environmentLines(config, user, remarks),
    ...userLines(user),
    ...(cwd === '/' ? [] : [`lxc.init.cwd = ${value(cwd)}`]),
    ...(signal === null ? [] : [`lxc.signal.halt = ${signal}`]),
    ...healthLines(config, remarks),
    ...commentLines(config),
  ];
  return { lines, remarks };
}
