/** What a container is waited for, as it is written. */
import { BadValue } from '../key.ts';

const CONDITION = /^(running|ready|ip|port:([1-9]\d{0,4}))$/;

/** running, ready, ip and port:N, several parted by commas; exec:COMMAND is the last, and takes the rest. */
export function waitConditions(value: string): string {
  const [, before = '', command] = /^((?:(?!exec:)[^,]*,)*)(exec:.*)?$/s.exec(value) ?? [];
  const listed = command === undefined ? value : before.slice(0, -1);
  const words = command !== undefined && before === '' ? [] : listed.split(',');
  const wrong = words.find((word) => !isCondition(word.trim()));
  if (wrong !== undefined)
    throw new BadValue(`'${wrong.trim()}' is nothing that can be waited for: running, ready, ip, port:N or exec:COMMAND`);
  if (command?.slice('exec:'.length).trim() === '') throw new BadValue('exec: names no command to wait for');
  return value;
}

function isCondition(word: string): boolean {
  const [, , port] = CONDITION.exec(word) ?? [];
  return CONDITION.test(word) && Number(port ?? 1) <= 65_535;
}
