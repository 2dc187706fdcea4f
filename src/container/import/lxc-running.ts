/** Whether LXC itself runs a container: its monitor listens on an abstract socket that is named after the directory. */
import { existsSync, readFileSync } from 'node:fs';
import { TlxcError } from '../../errors.ts';

/** Throws TLXC_E_RUNNING. A name that is too long for a socket LXC gives as a hash: such a container is not recognised. */
export function refuseRunningInLxc(directory: string, name: string): void {
  const sockets = existsSync('/proc/net/unix') ? readFileSync('/proc/net/unix', 'utf8') : '';
  if (!sockets.split('\n').some((line) => line.endsWith(`@${directory}/command`))) return;
  throw new TlxcError({
    code: 'TLXC_E_RUNNING',
    message: `${directory} is running in LXC`,
    container: name,
    hint: `lxc-stop -n ${name} first`,
  });
}
