/** Words that stand out on a terminal: not where NO_COLOR is set (no-color.org), nor in a pipe. */
import type { CommandContext } from './context.ts';

const SGR = { green: 32, yellow: 33, red: 31 } as const;

export type Colour = keyof typeof SGR;

/** Paints text on this command's standard output, or leaves it as it is. */
export function painter({ env, stdout }: CommandContext): (colour: Colour, text: string) => string {
  const plain = stdout.isTTY !== true || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return (colour, text) => (plain ? text : `\u001b[1;${SGR[colour]}m${text}\u001b[0m`);
}
