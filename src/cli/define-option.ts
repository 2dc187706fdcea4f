/** -s KEY=VAL of the commands that start a container. */
import { argumentsOf, type OptionValues } from './options.ts';
import { usageError } from './usage.ts';

/** Throws TLXC_E_USAGE for one that sets nothing. */
export function definesOf(options: OptionValues): readonly string[] {
  const defines = argumentsOf(options['define']);
  const wrong = defines.find((define) => !/^\s*[^=\s]+\s*=/.test(define));
  if (wrong !== undefined) throw usageError(`-s takes KEY=VAL, not '${wrong}'`, 'as -s lxc.uts.name=u2');
  return defines;
}
