/** lxc.selinux.*: the contexts of init and of its keyring; "" for none. */
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import type { Security } from './types.ts';

/** LXC's word for no change of context. */
const UNCONFINED = 'unconfined_t';

type Contexts = Pick<Security, 'selinuxContext' | 'keyringContext' | 'selinuxOrigin'>;

export function compileSelinux({ config, host, findings }: Compilation): Contexts {
  const { context, keyring } = config.selinux;
  const asked = [context, keyring].filter((each) => each !== undefined && each.value !== UNCONFINED);
  const selinuxOrigin = originOf(asked[0]?.at);
  if (!host.selinux) {
    for (const each of asked)
      findings.refuse(
        each?.at,
        `${each?.at.key ?? 'lxc.selinux.context'}: ${each?.value ?? ''} cannot be entered, SELinux is not enabled on this host; ` +
          `remove the line, or write ${UNCONFINED}, to start without`,
      );
    return { selinuxContext: '', keyringContext: '', selinuxOrigin };
  }
  const selinuxContext = context === undefined || context.value === UNCONFINED ? '' : context.value;
  return { selinuxContext, keyringContext: keyring?.value ?? selinuxContext, selinuxOrigin };
}
