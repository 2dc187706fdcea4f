/** lxc.seccomp.notify.proxy */
import { BadValue } from '../key.ts';

/** sun_path of a unix socket's address, which the 0 at a path's end must fit into. unix(7) */
const MAX_BYTES = 107;

/** unix:PATH or unix:@NAME, without its "unix:". */
export function notifyProxy(value: string): string {
  const address = /^unix:(\/.+|@.+)$/.exec(value)?.[1];
  if (address === undefined) throw new BadValue('it must be unix:PATH, with an absolute path, or unix:@NAME');
  if (Buffer.byteLength(address) > MAX_BYTES)
    throw new BadValue(`the address of a unix socket has at most ${MAX_BYTES} bytes`);
  return address;
}
