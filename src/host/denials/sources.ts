/** Where refusals are written down: the ring of the kernel's log, and auditd's file, which takes them from there. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

export const RING = '/dev/kmsg';
export const AUDIT_LOG = '/var/log/audit/audit.log';
/** Longer than the kernel makes a record. */
const RECORD_BYTES = 8192;
/** Of auditd's file, its end. */
const TAIL_BYTES = 16 * 1024 * 1024;

/** Calls use with a descriptor of it, which does not wait for what is yet to come. */
function opened<T>(path: string, use: (fd: number) => T): T {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** One read is one record; undefined at the end. */
function nextRecord(fd: number, buffer: Buffer): string | undefined {
  for (;;) {
    try {
      const size = readSync(fd, buffer, 0, buffer.length, null);
      return size === 0 ? undefined : buffer.toString('utf8', 0, size);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return undefined;
      // Overwritten before it was read: the next one is there.
      if (code !== 'EPIPE') throw error;
    }
  }
}

const unescaped = (text: string): string =>
  text.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));

/** The messages of the kernel's log since the boot, or as far back as its ring goes. Throws where the caller may not read it. */
export function ringLines(): readonly string[] {
  return opened(RING, (fd) => {
    const [lines, buffer] = [[] as string[], Buffer.alloc(RECORD_BYTES)];
    for (let record; (record = nextRecord(fd, buffer)) !== undefined;) {
      const [message = ''] = record.slice(record.indexOf(';') + 1).split('\n');
      lines.push(unescaped(message));
    }
    return lines;
  });
}

/** The last lines of a file; none where it is not there. Throws where the caller may not read it. */
export function lastLines(path: string): readonly string[] {
  try {
    return opened(path, (fd) => {
      const { size } = fstatSync(fd);
      const from = Math.max(0, size - TAIL_BYTES);
      const buffer = Buffer.alloc(size - from);
      const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, from));
      return text.split('\n').slice(from === 0 ? 0 : 1);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
