/** A container whose monitor is there and does not answer, as every command tells it. */
import { TlxcError } from '../../errors.ts';

/** TLXC_E_UNRESPONSIVE with what ends such a container. */
export const unresponsive = (container: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_UNRESPONSIVE',
    message: "the container's monitor does not answer",
    container,
    hint: `tlxc-stop -k -n ${container} kills it and the container`,
  });
