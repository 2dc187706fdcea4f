/** What a start can be told to wait for, as a person and a program write it. */
import { TlxcError } from '../../errors.ts';

/**
 * running: init has been executed. ready: init has finished booting. ip: an address that others can reach. exec:CMD: the
 * shell command exits 0 in the container. port:N: something listens on TCP port N there.
 */
export type WaitCondition = 'running' | 'ready' | 'ip' | `exec:${string}` | `port:${number}`;

export type Condition =
  | { readonly kind: 'running' | 'ready' | 'ip' }
  | { readonly kind: 'exec'; readonly command: string }
  | { readonly kind: 'port'; readonly port: number };

/** As it is written: "port:80". */
export const conditionText = (condition: Condition): string =>
  condition.kind === 'exec'
    ? `exec:${condition.command}`
    : condition.kind === 'port'
      ? `port:${condition.port}`
      : condition.kind;

const wrong = (message: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_USAGE',
    message,
    hint: 'what can be waited for is running, ready, ip, port:N (TCP) and exec:COMMAND, several parted by commas',
  });

function parseOne(text: string): Condition {
  if (text === 'running' || text === 'ready' || text === 'ip') return { kind: text };
  const [, kind, rest = ''] = /^(exec|port):(.*)$/s.exec(text) ?? [];
  if (kind === 'exec' && rest.trim() !== '') return { kind, command: rest };
  if (kind === 'exec') throw wrong('exec: names no command to wait for');
  const port = Number(rest);
  if (kind === 'port' && /^\d{1,5}$/.test(rest) && port >= 1 && port <= 65_535) return { kind, port };
  if (kind === 'port') throw wrong(`port:${rest}: a port is a number from 1 to 65535`);
  throw wrong(`'${text}' is nothing that can be waited for`);
}

/**
 * Each text is a condition or a list of them, parted by commas; an exec: takes the rest of its text, commas included.
 * Throws TLXC_E_USAGE.
 */
export function parseConditions(texts: readonly string[]): Condition[] {
  return texts.flatMap((text) => {
    const [, before = '', command] = /^((?:(?!exec:)[^,]*,)*)(exec:.*)?$/s.exec(text) ?? [];
    if (command === undefined) return text.split(',').map((each) => parseOne(each.trim()));
    const others = before.split(',').slice(0, -1);
    return [...others.map((each) => parseOne(each.trim())), parseOne(command)];
  });
}
