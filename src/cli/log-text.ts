/** How the records of a log are printed. */
import { StringDecoder } from 'node:string_decoder';
import type { LogRecord } from '../container/journal/record.ts';
import { jsonLine, withoutSequences } from './printable.ts';

export interface LogStyle {
  readonly timestamps: boolean;
  /** Nothing that the container has printed may drive a terminal, wherever that stands: behind a pipe, or in a report. */
  readonly safe: boolean;
}

/** Of the journal's microseconds a person is shown milliseconds. */
const shownTime = (time: string): string => `${time.slice(0, 23)}Z`;

export const recordJson = ({ time, source, bytes, ends }: LogRecord): string =>
  jsonLine({ time, source, text: bytes.toString().replace(/\r$/, ''), ends });

/** Records as text; a line of the console that has not ended is ended where something else comes. */
export class LogPrinter {
  readonly #style: LogStyle;
  readonly #decoder = new StringDecoder('utf8');
  #isMidLine = false;

  constructor(style: LogStyle) {
    this.#style = style;
  }

  print(record: LogRecord): Buffer {
    const begins = !this.#isMidLine || record.source !== 'console';
    const stamp = this.#style.timestamps && begins ? `${shownTime(record.time)} ` : '';
    const before = this.#isMidLine && record.source !== 'console' ? '\n' : '';
    this.#isMidLine = !record.ends;
    const text = record.source === 'console' ? this.#console(record) : ours(record);
    return Buffer.concat([Buffer.from(before + stamp), text, Buffer.from(record.ends ? '\n' : '')]);
  }

  /** What is to be printed when nothing more comes. */
  end(): string {
    return this.#isMidLine && this.#style.safe ? '\n' : '';
  }

  #console({ bytes, ends }: LogRecord): Buffer {
    if (!this.#style.safe) return bytes;
    const text = this.#decoder.write(bytes) + (ends ? this.#decoder.end() : '');
    // A carriage return within a line begins it anew: progress, told step by step.
    const steps = text.split('\r').filter((step, index) => step !== '' || index === 0);
    return Buffer.from(steps.map(withoutSequences).join('\n'));
  }
}

function ours({ time, source, bytes }: LogRecord): Buffer {
  const text = withoutSequences(bytes.toString());
  return Buffer.from(source === 'boot' ? `-- ${shownTime(time)}: ${text} --` : `tlxc: ${text}`);
}
