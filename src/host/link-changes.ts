/** Changes of the host's links and addresses, done by tlxc-monitor (netlink), and why one could not be done. */
import type { Static } from '@sinclair/typebox';
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { startProgram } from './program.ts';
import { nativeFile } from '../package-root.ts';
import type * as schema from './schema-links.ts';

export type LinkChange = Static<typeof schema.LinkChanges>['changes'][number];

/** What tlxc-monitor says of the change that failed: native/common/result.h. */
interface Failed {
  readonly syscall: string;
  readonly errno: number;
  /** The link or address. */
  readonly path: string;
  /** The kernel's own words, or a refusal of tlxc-monitor's. */
  readonly detail: string;
}

const HINTS: readonly (readonly [errno: string, syscall: RegExp, hint: string])[] = [
  ['EPERM', /./, 'that takes CAP_NET_ADMIN in this network namespace: run it as root of the host'],
  ['EOPNOTSUPP', /bridge/, 'this kernel makes no bridges (CONFIG_BRIDGE): modprobe bridge'],
  [
    'EACCES',
    /ADDR/,
    'IPv6 is off on the host: tlxc-config tlxc.bridge.ipv6 none, or net.ipv6.conf.all.disable_ipv6 = 0',
  ],
  ['EOPNOTSUPP', /ADDR/, 'the kernel has no IPv6: tlxc-config tlxc.bridge.ipv6 none'],
  ['EEXIST', /./, 'somebody else has made it just now: try again'],
  ['ENODEV', /./, 'somebody has removed it just now: try again'],
];

function errorOf(what: string, { syscall, errno: number, path, detail }: Failed): TlxcError {
  const errno = number === 0 ? undefined : errnoName(number);
  const hint = HINTS.find(([name, request]) => name === errno && request.test(syscall))?.[2];
  const asked = [path, syscall, detail].filter(Boolean).join(', ');
  return new TlxcError({
    code: 'TLXC_E_NETWORK',
    message: `${what} (${asked})`,
    ...(errno !== undefined && { errno }),
    ...(hint !== undefined && { hint }),
  });
}

/** A link of a kind, upon nothing; its MAC address is the kernel's to draw. */
export const making = (link: string, kind: string): LinkChange & { readonly op: 'make' } => ({
  op: 'make',
  ...{ link, kind, hwaddr: '', on: '', vlan: 0 },
});

/** In this order, up to the first that fails. `what` completes an error's sentence. Needs root. Throws TLXC_E_NETWORK. */
export async function changeLinks(changes: readonly LinkChange[], what: string): Promise<void> {
  if (changes.length === 0) return;
  const words: string[] = [];
  const { child, ended } = startProgram([nativeFile('tlxc-monitor'), 'change-links'], {
    stdin: 'pipe',
    stdout: (line) => void words.push(line),
  });
  child.stdin?.on('error', () => undefined); // its end says why
  child.stdin?.end(JSON.stringify({ changes }));
  const { status, signal } = await ended;
  if (status === 0) return;
  const said = words.at(-1);
  if (said !== undefined) throw errorOf(what, JSON.parse(said) as Failed);
  throw new TlxcError({
    code: 'TLXC_E_NETWORK',
    message: `${what}: tlxc-monitor ended (${signal ?? status})`,
    hint: 'try again; dmesg tells whether memory ran out',
  });
}
