/** Rewrites a configuration with names from before LXC 3 into the names of today; every other byte stays. */
import { statSync } from 'node:fs';
import { Problem } from '../problem.ts';
import { writeFileAtomically } from './atomic-write.ts';
import { LegacyReader, modernName } from './legacy.ts';
import { readConfigFile } from './read-file.ts';

/** A configuration whose old names were rewritten. */
export interface UpdatedText {
  readonly text: string;
  /** How many lines are other ones, or gone. */
  readonly changes: number;
  /** Lines with an old name that cannot be told what it is now: left as they are. */
  readonly problems: readonly Problem[];
}

interface Setting {
  readonly indent: string;
  /** "" , or the comment signs with what is between them and the name. */
  readonly comment: string;
  readonly name: string;
  /** The equals sign with its blanks. */
  readonly equals: string;
  readonly value: string;
  readonly end: string;
}

function parseSetting(raw: string): Setting | undefined {
  const match = /^(\s*)((?:#[#\s]*)?)(lxc\.[^\s=]+)(\s*=\s*)(.*?)(\s*)$/s.exec(raw);
  if (!match) return undefined;
  const [, indent = '', comment = '', name = '', equals = '', value = '', end = ''] = match;
  return { indent, comment, name, equals, value, end };
}

/** The value in the quotes that it had. */
const requoted = (before: string, value: string): string => {
  const [, quote = ''] = /^(["']).*\1$/s.exec(before) ?? [];
  return quote + value + quote;
};
const unquoted = (value: string): string => value.replace(/^(["'])(.*)\1$/s, '$2');

class Updater {
  readonly #names: LegacyReader;
  readonly #file: string;
  #lastInterface = -1;
  readonly problems: Problem[] = [];

  /** The lines are searched for lxc.rootfs.backend, which may stand after the lxc.rootfs that it is the type of. */
  constructor(file: string, lines: readonly string[]) {
    this.#file = file;
    this.#names = new LegacyReader(() => this.#lastInterface + 1);
    const backends = lines
      .flatMap((line) => parseSetting(line) ?? [])
      .filter(({ comment }) => comment === '');
    const backend = backends.findLast(({ name }) => name === 'lxc.rootfs.backend');
    if (backend) this.#names.translate(backend.name, unquoted(backend.value));
  }

  /** The line as it is to be; undefined for one that goes. */
  line(raw: string, number: number): string | undefined {
    const setting = parseSetting(raw);
    if (!setting) return raw;
    const { indent, comment, name, equals, value, end } = setting;
    if (comment !== '') return indent + comment + commented(name) + equals + value + end;
    this.#lastInterface = Math.max(this.#lastInterface, Number(/^lxc\.net\.(\d+)\./.exec(name)?.[1] ?? -1));
    if (name === 'lxc.rootfs.backend') return undefined;
    const now = this.#names.translate(name, unquoted(value));
    if (now?.kind === 'dropped') return undefined;
    if (now?.kind === 'setting') return indent + now.key + equals + requoted(value, now.value) + end;
    if (now)
      this.problems.push(
        new Problem({ message: now.reason, at: { file: this.#file, line: number, key: name } }),
      );
    return raw;
  }
}

/** A name in a comment, where it is one for one. */
function commented(name: string): string {
  const now = modernName(name);
  return now === undefined || now === '' || now.includes('[i]') || name.startsWith('lxc.rootfs') ? name : now;
}

/** The text with today's names. The file's name is only for what problems say. */
export function updateText(text: string, file: string): UpdatedText {
  const lines = text.split('\n');
  const updater = new Updater(file, lines);
  const updated = lines.map((raw, index) => updater.line(raw, index + 1));
  return {
    text: updated.filter((line) => line !== undefined).join('\n'),
    changes: updated.filter((line, index) => line !== lines[index]).length,
    problems: updater.problems,
  };
}

/** A file that was rewritten so. */
export interface UpdatedFile extends UpdatedText {
  /** Where the text is kept as it was; undefined where nothing was to change. */
  readonly backup?: string;
}

/**
 * Rewrites a file in place, whole or not at all, and keeps what it was as FILE.backup, with its mode. A file in which
 * nothing is old is not touched. Throws TLXC_E_CONFIG for what is no text file, and the system's error.
 */
export function updateFile(file: string): UpdatedFile {
  const before = readConfigFile(file).text;
  const updated = updateText(before, file);
  if (updated.changes === 0) return updated;
  const backup = `${file}.backup`;
  const mode = statSync(file).mode & 0o7777;
  writeFileAtomically(backup, before, { mode });
  writeFileAtomically(file, updated.text);
  return { ...updated, backup };
}
