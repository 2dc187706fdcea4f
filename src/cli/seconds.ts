/** -t (and --wait-timeout, --freeze-timeout) of the commands that wait. */
import { usageError } from './usage.ts';

/** The milliseconds of a number of seconds; -1 is for ever. Throws TLXC_E_USAGE. */
export function secondsArgument(given: string, option = '-t'): number {
  if (!/^-?\d{1,6}$/.test(given)) throw usageError(`${option} takes a number of seconds, not '${given}'`);
  const seconds = Number(given);
  if (seconds < -1) throw usageError('Invalid timeout');
  return seconds < 0 ? -1 : seconds * 1000;
}

/** --freeze-timeout in milliseconds, with what is to be told meanwhile. */
export const stillness = (given: unknown, warn: (text: string) => void) => ({
  warn,
  ...(typeof given === 'string' && { freezeMs: secondsArgument(given, '--freeze-timeout') }),
});
