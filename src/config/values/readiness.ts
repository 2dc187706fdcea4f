/** What a container is waited for, as it is written: tlxc.start.ready, and --wait of commands. */
import { BadValue } from '../key.ts';
import type { Condition } from '../model.ts';

export type { Condition };

/** As it is written: "port:80". */
export const conditionText = (condition: Condition): string =>
  condition.kind === 'exec'
    ? `exec:${condition.command}`
    : condition.kind === 'port'
      ? `port:${condition.port}`
      : condition.kind;

/** A list of them. */
export const conditionsText = (conditions: readonly Condition[]): string =>
  conditions.map(conditionText).join(',');

const PLAIN = ['running', 'ready', 'healthy', 'ip', 'ip4', 'ip6'] as const;

function parseOne(text: string): Condition {
  const plain = PLAIN.find((each) => each === text);
  if (plain !== undefined) return { kind: plain };
  const [, kind, rest = ''] = /^(exec|port):(.*)$/s.exec(text) ?? [];
  if (kind === 'exec' && rest.trim() !== '') return { kind, command: rest };
  if (kind === 'exec') throw new BadValue('exec: names no command to wait for');
  const port = /^[1-9]\d{0,4}$/.test(rest) ? Number(rest) : 0;
  if (kind === 'port' && port >= 1 && port <= 65_535) return { kind, port };
  if (kind === 'port') throw new BadValue(`port:${rest}: a port is a number from 1 to 65535`);
  throw new BadValue(`'${text}' is nothing that can be waited for`);
}

/** Conditions parted by commas; an exec: takes the rest of the text, commas included. Throws BadValue. */
export function waitConditions(text: string): readonly Condition[] {
  const [, before = '', command] = /^((?:(?!exec:)[^,]*,)*)(exec:.*)?$/s.exec(text) ?? [];
  if (command === undefined) return text.split(',').map((each) => parseOne(each.trim()));
  const others = before.split(',').slice(0, -1);
  return [...others.map((each) => parseOne(each.trim())), parseOne(command)];
}
