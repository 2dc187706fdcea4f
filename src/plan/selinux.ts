/** lxc.selinux.*: the contexts of init and of its keyring; "" for none. */
import type { SourceLocation } from '../errors.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import type { Security } from './types.ts';

/** LXC's word for no change of context. */
const UNCONFINED = 'unconfined_t';

/** The type of the policy that LXC ships: its containers start without SELinux, too, as with LXC's AppArmor profiles. */
const LXC_TYPE = 'lxc_t';
const isLxcs = (context: string): boolean => context.split(':')[2] === LXC_TYPE;

type Contexts = Pick<Security, 'selinuxContext' | 'keyringContext' | 'selinuxOrigin'>;

export function compileSelinux({ config, host, findings }: Compilation): Contexts {
  const { context, keyring } = config.selinux;
  const asked = [context, keyring].filter((each) => each !== undefined && each.value !== UNCONFINED);
  const selinuxOrigin = originOf(asked[0]?.at);
  if (!host.selinux) {
    for (const { value, at } of asked.filter((each) => each !== undefined)) tellWithout(value, at, findings);
    return { selinuxContext: '', keyringContext: '', selinuxOrigin };
  }
  const selinuxContext = context === undefined || context.value === UNCONFINED ? '' : context.value;
  return { selinuxContext, keyringContext: keyring?.value ?? selinuxContext, selinuxOrigin };
}

function tellWithout(context: string, at: SourceLocation, findings: Compilation['findings']): void {
  const key = at.key;
  const why = 'SELinux is not enabled on this host';
  if (isLxcs(context)) findings.warn(at, `${key}: ${why}, the container runs without ${context}`);
  else
    findings.refuse(
      at,
      `${key}: ${context} cannot be entered, ${why}; remove the line, or write ${UNCONFINED}, to start without`,
    );
}
