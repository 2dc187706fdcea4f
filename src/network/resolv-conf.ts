/** The bridge's DNS as the host's first name server, in /etc/resolv.conf: for hosts where nothing else keeps that file. */
import { lstatSync, readlinkSync, writeFileSync } from 'node:fs';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { TlxcError } from '../errors.ts';
import { readableText } from '../readable-text.ts';

const FILE = '/etc/resolv.conf';
export const FAILED = "containers' names cannot be told to the host";
/** The line after it is ours. */
const MARK = "# The next line is tlxc-net's, which takes it away when it stops (tlxc.bridge.host.names).";

const read = (): string => readableText(FILE);

/** The text without our lines. */
export function withoutServer(text: string): string {
  const lines = text.split('\n');
  const at = lines.indexOf(MARK);
  return at < 0 ? text : withoutServer([...lines.slice(0, at), ...lines.slice(at + 2)].join('\n'));
}

/** Ours is the first: the next is only asked when it does not answer, and it asks those below it for all other names. */
export const withServer = (text: string, address: string): string =>
  `${MARK}\nnameserver ${address}\n${withoutServer(text)}`;

export const hasServer = (address: string): boolean => read().includes(`${MARK}\nnameserver ${address}\n`);

/** "" where it is a file that nobody else keeps. */
export function whyNotOurs(): string {
  try {
    if (lstatSync(FILE).isFile()) return '';
    return `${FILE} is a link to ${readlinkSync(FILE)}, which somebody else keeps`;
  } catch {
    return `there is no ${FILE}`;
  }
}

/** In place where it is a mount of its own, which cannot be replaced. */
function replace(text: string): void {
  try {
    writeFileAtomically(FILE, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    writeFileSync(FILE, text);
  }
}

function write(text: string, what: string, hint: string): void {
  try {
    replace(text);
  } catch (cause) {
    const { code: errno } = cause as NodeJS.ErrnoException;
    const message = `${what}: ${FILE} cannot be written`;
    throw new TlxcError({
      ...{ code: 'TLXC_E_NETWORK', message, path: FILE, hint, cause },
      ...(errno !== undefined && { errno }),
    });
  }
}

/** Throws TLXC_E_NETWORK where the file is somebody else's, or cannot be written. */
export function addServer(address: string): void {
  const why = whyNotOurs();
  if (why !== '')
    throw new TlxcError({
      code: 'TLXC_E_NETWORK',
      message: `${FAILED}: ${why}`,
      hint: `have it name ${address} as the first name server, or set tlxc.bridge.host.names = 0`,
    });
  if (hasServer(address)) return;
  const hint = 'make it writable (lsattr shows +i) and run tlxc-net start, or set tlxc.bridge.host.names = 0';
  write(withServer(read(), address), FAILED, hint);
}

/** Nothing, where our lines are not there. Throws TLXC_E_NETWORK where the file cannot be written. */
export function removeServer(): void {
  if (whyNotOurs() !== '' || !read().includes(MARK)) return;
  const hint = 'make it writable (lsattr shows +i), and try again';
  write(withoutServer(read()), "the host cannot be told that the bridge's DNS goes", hint);
}
