/**
 * Waits until init has finished booting, as far as each kind of init lets that be seen.
 *
 *   systemd          it says so itself: systemctl is-system-running --wait, run in the container, returns at its signal
 *   other inits      the first login prompt (getty, login) was started, which they do when their boot scripts have ended
 *   anything else    a program that is no init is ready when it runs
 */
import { TlxcError } from '../../errors.ts';
import { readableText } from '../../readable-text.ts';
import { attempt } from './command.ts';
import { initPidOf, lookUntil, type Target } from './target.ts';

/** Neither a process that starts nor systemd's first socket is an event for anybody: looked for, ever more rarely. */
const LOOKS = { firstMs: 20, mostMs: 250 };
const INITS = new Set(['init', 'openrc-init', 'runit', 's6-svscan', 'dinit', 'procd', 'shepherd']);
const PROMPTS = new Set(['getty', 'agetty', 'mingetty', 'ngetty', 'login', 'sulogin']);
/** A supervisor or two may stand between init and a prompt. */
const DEPTH = 3;

const nameOf = (pid: number): string => readableText(`/proc/${pid}/comm`).trim();

const childrenOf = (pid: number): number[] =>
  readableText(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);

function hasPrompt(pid: number, depth = DEPTH): boolean {
  return childrenOf(pid).some(
    (child) => PROMPTS.has(nameOf(child)) || (depth > 1 && hasPrompt(child, depth - 1)),
  );
}

function inDistress({ paths }: Target, state: string): TlxcError {
  return new TlxcError({
    code: 'TLXC_E_TIMEOUT',
    message: `its systemd is in ${state} mode (rescue or emergency shell) and does not finish booting`,
    container: paths.name,
    hint: `tlxc-attach -n ${paths.name} -- systemctl --failed shows what failed`,
  });
}

/** True once systemd is up, with failed units too; waits inside as long as it boots. Throws where it never will be. */
async function systemdIsUp(target: Target): Promise<boolean> {
  const { note, warn } = target;
  const result = await attempt(target, ['systemctl', 'is-system-running', '--wait']);
  if (!result || target.signal.aborted) return false;
  const state = result.output.trim().split('\n').at(-1)?.trim() ?? '';
  if (state === 'degraded') warn('its systemd has booted with failed units: systemctl --failed names them');
  if (state === 'maintenance') throw inDistress(target, state);
  note(`systemd says: ${state || `systemctl exits ${result.exitCode}`}`);
  return state === 'running' || state === 'degraded';
}

/** Throws TLXC_E_TIMEOUT where systemd has given up booting. */
export function waitForBoot(target: Target): Promise<void> {
  const { note } = target;
  return lookUntil(target, LOOKS, async () => {
    const pid = initPidOf(target);
    if (pid === null) return false;
    const init = nameOf(pid);
    if (init === 'systemd') {
      note('its systemd is still starting');
      return systemdIsUp(target);
    }
    if (init !== '' && !INITS.has(init)) return true;
    note(`its init (${init}) has started no login prompt`);
    return hasPrompt(pid);
  });
}
