/** An image's configuration (config.md): what it runs, as whom, where, and which layers it is made of. */
import { isFields, textOf } from '../json.ts';
import { DIGEST, parseJson, refuse } from './documents.ts';

export interface ImageConfig {
  readonly architecture: string;
  /** Digests of the layers, decompressed, lowest first. */
  readonly diffIds: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** NAME=VALUE */
  readonly env: readonly string[];
  /** USER[:GROUP], names or numbers; "" for root. */
  readonly user: string;
  readonly workingDir: string;
  readonly stopSignal: string;
  /** 80/tcp */
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** null: nothing asks how it is. */
  readonly health: ImageHealth | null;
}

/** Docker's Healthcheck. */
export interface ImageHealth {
  /** A line for a shell, or a command in words. */
  readonly test: string | readonly string[];
  /** Nanoseconds, as its makers write them; 0: not said. */
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  /** 0: not said. */
  readonly retries: number;
}

const MAX_WORDS = 4096;

/** Absent and null are an empty list. Throws TLXC_E_IMAGE for anything but a list of texts that a program can be given. */
function textsOf(value: unknown, what: string, name: string): string[] {
  if (value === undefined || value === null) return [];
  const texts = Array.isArray(value) ? (value as readonly unknown[]) : [null];
  if (texts.length > MAX_WORDS || !texts.every((each) => typeof each === 'string' && !each.includes('\0')))
    throw refuse(what, `${name} in its configuration is no list of texts`);
  return texts.map(textOf);
}

/** Docker reads a text there as a list of one, and so did those who made such images. */
const wordsOf = (value: unknown, what: string, name: string): string[] =>
  textsOf(typeof value === 'string' ? [value].filter(Boolean) : value, what, name);

/** Docker's Healthcheck: ["CMD", word …], ["CMD-SHELL", line], ["NONE"]. */
function healthOf(value: unknown): ImageHealth | null {
  const fields = isFields(value) ? value : {};
  const { Test: test } = fields;
  const [kind, ...words] = Array.isArray(test) ? (test as readonly unknown[]).map(textOf) : [];
  if (words.length === 0 || words.length > MAX_WORDS || (kind !== 'CMD' && kind !== 'CMD-SHELL')) return null;
  const number = (name: string): number => {
    const given = fields[name];
    return typeof given === 'number' && given > 0 && Number.isFinite(given) ? Math.ceil(given) : 0;
  };
  return {
    test: kind === 'CMD' ? words : words.join(' '),
    ...{ interval: number('Interval'), timeout: number('Timeout'), retries: number('Retries') },
    startPeriod: number('StartPeriod'),
  };
}

const keysOf = (value: unknown): string[] => (isFields(value) ? Object.keys(value).slice(0, MAX_WORDS) : []);

/** Throws TLXC_E_IMAGE. layers: how many the manifest has. */
export function parseImageConfig(bytes: Buffer, layers: number, what: string): ImageConfig {
  const fields = parseJson(bytes, what);
  const { os, architecture, rootfs } = fields;
  const config = isFields(fields['config']) ? fields['config'] : {};
  if (textOf(os) !== 'linux')
    throw refuse(what, `it is made for ${textOf(os) || 'no system'}, not for Linux`);
  const diffIds = textsOf(isFields(rootfs) ? rootfs['diff_ids'] : undefined, what, 'rootfs.diff_ids');
  if (diffIds.length !== layers || !diffIds.every((digest) => DIGEST.test(digest)))
    throw refuse(
      what,
      `its manifest has ${layers} ${layers === 1 ? 'layer' : 'layers'}, and its configuration digests of ${diffIds.length}`,
    );
  const labels = Object.entries(isFields(config['Labels']) ? config['Labels'] : {});
  return {
    architecture: textOf(architecture),
    diffIds,
    entrypoint: wordsOf(config['Entrypoint'], what, 'Entrypoint'),
    cmd: wordsOf(config['Cmd'], what, 'Cmd'),
    env: textsOf(config['Env'], what, 'Env'),
    user: textOf(config['User']),
    workingDir: textOf(config['WorkingDir']),
    stopSignal: textOf(config['StopSignal']),
    ports: keysOf(config['ExposedPorts']),
    volumes: keysOf(config['Volumes']),
    health: healthOf(config['Healthcheck']),
    labels: Object.fromEntries(
      labels.filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    ),
  };
}
