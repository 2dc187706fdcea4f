/** The log that -o and -l ask for: lines as LXC's log files have them, appended to a file. */
import { appendFileSync, closeSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { openForAppending } from '../host/own-file.ts';
import { printable } from './printable.ts';
import { usageError } from './usage.ts';
import { makeDirectories } from '../make-directories.ts';

export const LOG_LEVELS = [
  'TRACE',
  'DEBUG',
  'INFO',
  'NOTICE',
  'WARN',
  'ERROR',
  'CRIT',
  'ALERT',
  'FATAL',
] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Throws TLXC_E_USAGE unless text names a level, in either case. */
export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text.toUpperCase());
  if (level) return level;
  const hint = `the levels are ${LOG_LEVELS.join(' ')}`;
  throw usageError(`'${text}' is not a log level`, hint);
}

export interface LogTarget {
  /** "" : no log is kept. */
  readonly file: string;
  readonly level: LogLevel;
}

export type Log = (level: LogLevel, message: string) => void;

const stamp = (at: Date) => at.toISOString().replace(/[-:TZ]/g, '');

/** One line: `PROG NAME YYYYMMDDhhmmss.mmm LEVEL    cli - MESSAGE`, UTC; `who` is the program and the name. */
export function logLine(who: string, level: LogLevel, message: string, at = new Date()): string {
  return `${who} ${stamp(at)} ${level.padEnd(8)} cli - ${printable(message)}\n`;
}

function append(file: string, line: string): void {
  const fd = openForAppending(file);
  try {
    appendFileSync(fd, line);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes the file at once, and its directory, so that a path that cannot be written is an error before the command acts. What cannot be
 * written later (a full disk) is told once: no command fails because of its log.
 */
export function openLog(
  program: string,
  name: string,
  target: LogTarget,
  onLost: (error: unknown) => void,
): Log {
  let lost = false;
  if (target.file) {
    const directory = dirname(target.file);
    if (!existsSync(directory)) makeDirectories(directory);
    append(target.file, '');
  }
  return (level, message) => {
    if (!target.file || LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(target.level)) return;
    try {
      append(target.file, logLine(name ? `${program} ${name}` : program, level, message));
    } catch (error) {
      if (!lost) onLost(error);
      lost = true;
    }
  };
}
