/** Signals by name or number. lxc.signal.* */
import { signalNumbers } from '../../signal-numbers.ts';
import { accepting, BadValue } from '../key.ts';

/** What may be written, for the manual page. */
export const SIGNAL = 'SIGNAME|SIGRTMIN+N|SIGRTMAX-N|NUMBER';

/** As the C library of the host counts them; the kernel's first, 32 and 33, are kept by the thread library. */
const SIGRTMIN = 34;
const SIGRTMAX = 64;

const ACCEPTED = {
  words: Object.keys(signalNumbers),
  anyCase: true,
  range: [1, SIGRTMAX],
  pattern: '[Ss][Ii][Gg][Rr][Tt][Mm]([Ii][Nn]|[Aa][Xx])([+-]\\d{1,2})?',
} as const;

/** SIGNAME (in any case), SIGRTMIN+n, SIGRTMAX-n or a number; as a number. */
export const signal = accepting(ACCEPTED, (value: string): number => {
  const number = /^[1-9]\d?$/.test(value) ? Number(value) : byName(value.toUpperCase());
  if (number !== undefined && number >= 1 && number <= SIGRTMAX) return number;
  throw new BadValue('it must be a signal: SIGPWR, SIGRTMIN+3 or a number from 1 to 64');
});

function byName(name: string): number | undefined {
  if (!name.startsWith('SIGRTM')) return signalNumbers[name];
  const realTime = /^SIGRT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (!realTime) return signalNumbers[name];
  const [, end, sign, offset = '0'] = realTime;
  const number = (end === 'MIN' ? SIGRTMIN : SIGRTMAX) + (sign === '-' ? -1 : 1) * Number(offset);
  return number >= SIGRTMIN ? number : undefined;
}
