/** The lines of a container's journal, as its monitor writes them (native/monitor/journal.h). */

/** console: what it printed there. monitor: what its monitor had to tell, "INFO state RUNNING". boot: where one begins. */
export type LogSource = 'console' | 'monitor' | 'boot';

/** One line of a log. */
export interface LogRecord {
  /** RFC 3339, UTC, with microseconds. */
  readonly time: string;
  readonly source: LogSource;
  /** Without the line's end; of a console whatever the container has printed, escape sequences and all. */
  readonly bytes: Buffer;
  /** false: the line goes on in the next record of this source, or has not ended yet. */
  readonly ends: boolean;
}

const RECORD = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (console|monitor|boot) ([FP]) (.*)$/s;

/** Bytes that come in parts, into records; one that a full disk has torn is passed over. */
export class RecordReader {
  #rest = '';

  *read(chunk: Buffer): Generator<LogRecord> {
    // Latin-1: a byte is a character, whatever it means.
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, time, source, kind, text = ''] = RECORD.exec(line) ?? [];
      if (time === undefined) continue;
      yield {
        time,
        source: source as LogSource,
        bytes: Buffer.from(text, 'latin1'),
        ends: kind === 'F',
      };
    }
  }
}
