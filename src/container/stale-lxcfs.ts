/** Running containers that have the files of an lxcfs which has ended: another one does not bring these back. */
import { readFileSync } from 'node:fs';
import type { SystemConfig } from '../config/model.ts';
import { warning, type Finding } from '../host/finding.ts';
import type { Lxcfs } from '../host/lxcfs.ts';
import { askMonitors } from '../monitor/client.ts';
import type { MonitorInfo } from '../monitor/protocol.ts';
import { shellWord } from '../shell-word.ts';
import { containerPaths } from './paths.ts';
import { listActive } from './store.ts';

interface Store {
  readonly system: SystemConfig;
  readonly lxcpath: string;
}

/** Device numbers of lxcfs's filesystems, as a process sees them mounted: each lxcfs has its own. */
function devicesSeenBy(pid: number | 'self'): readonly string[] {
  try {
    const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'latin1');
    return [...mounts.matchAll(/^\d+ \d+ (\d+:\d+) .* - fuse\.lxcfs /gm)].map(([, device = '']) => device);
  } catch {
    return []; // it has ended, or is not the caller's to look at
  }
}

function runningInits({ system, lxcpath }: Store): readonly (readonly [name: string, pid: number])[] {
  const names = listActive(system, lxcpath);
  const answers =
    names.length === 0
      ? []
      : askMonitors(
          names.map((name) => containerPaths(system, lxcpath, name)),
          { op: 'info' },
        );
  return answers.flatMap((answer, index) => {
    const pid =
      answer.kind === 'answer' && answer.reply.ok ? (answer.reply as MonitorInfo).initPid : undefined;
    return pid ? [[names[index] ?? '', pid] as const] : [];
  });
}

/** Which they are, and what gives them the files of the one that runs now. */
export function staleLxcfsFindings(store: Store, { state }: Lxcfs): Finding[] {
  // One that hangs may go on, with all that have its files.
  if (state === 'silent') return [];
  const alive = new Set(state === 'runs' ? devicesSeenBy('self') : []);
  const stale = runningInits(store)
    .filter(([, pid]) => devicesSeenBy(pid).some((device) => !alive.has(device)))
    .map(([name]) => name);
  if (stale.length === 0) return [];
  const place = store.lxcpath === store.system.lxcpath ? '' : ` -P ${shellWord(store.lxcpath)}`;
  const found = `${stale.join(', ')}: started with one that has ended, free, nproc and uptime fail there`;
  const again = stale.map((name) => `tlxc-stop -r${place} -n ${name}`).join('; ');
  return [warning('lxcfs', found, alive.size > 0 ? again : `systemctl restart lxcfs; ${again}`)];
}
