/** -t (and --wait-timeout, --freeze-timeout) of the commands that wait. */
import { usageError } from '../errors.ts';

/** The milliseconds of a number of seconds; -1 is for ever. Throws TLXC_E_USAGE. */
export function secondsArgument(given: string, option = '-t'): number {
  const wrong = (message: string) => usageError(message);
  if (!/^-?\d{1,6}$/.test(given)) throw wrong(`${option} takes a number of seconds, not '${given}'`);
  const seconds = Number(given);
  if (seconds < -1) throw wrong('Invalid timeout');
  return seconds < 0 ? -1 : seconds * 1000;
}

/** --freeze-timeout in milliseconds, with what is to be told meanwhile. */
export const stillness = (given: unknown, warn: (text: string) => void) => ({
  warn,
  ...(typeof given === 'string' && { freezeMs: secondsArgument(given, '--freeze-timeout') }),
});
