/** What stands in the way of a checkpoint: of this host, of the configuration, of what runs inside. All of it at once. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { TlxcError } from '../../errors.ts';
import { criuFindings } from '../../host/criu.ts';
import { problem, type Finding } from '../../host/finding.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { hostBinds, undumpable } from '../../plan/criu.ts';
import type { StartPlan } from '../../plan/types.ts';
import { Problem } from '../../problem.ts';
import { processesOf } from '../info/processes.ts';

/** Devices without a state of their own, and the terminals of the container's own devpts. */
const PLAIN_DEVICE =
  /^\/dev\/(null|zero|full|random|urandom|ptmx|tty|pts\/.*|shm\/.*|mqueue\/.*|log|initctl|(.*\/)?(console|tty\d*))$/;

function openDevices(pid: number): string[] {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    return links.filter((path) => path.startsWith('/dev/') && !PLAIN_DEVICE.test(path));
  } catch {
    return []; // it has ended
  }
}

async function inside(running: MonitorInfo): Promise<Finding[]> {
  const { processes } = await processesOf(running);
  const devices = processes.flatMap(({ pid, command }) =>
    [...new Set(openDevices(pid))].map((path) =>
      problem(
        'open devices',
        `${command} (pid ${pid}) has ${path} open, whose state CRIU does not know`,
        'end that process first',
      ),
    ),
  );
  const mounts = readFileSync(`/proc/${running.initPid}/mountinfo`, 'utf8').split('\n');
  const fuse = mounts.flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    return /^fuse(\.|blk|$)/.test(after.split(' ')[0] ?? '') ? [before.split(' ')[4] ?? ''] : [];
  });
  const served = fuse.map((place) =>
    problem(
      'mounts',
      `${place} is served by a program (fuse), which CRIU cannot save`,
      `unmount it in the container first`,
    ),
  );
  return [...devices, ...served];
}

/** What was changed in the configuration since the start: what CRIU is told comes from there. */
function changedSince(plan: StartPlan, running: MonitorInfo): string[] {
  const places = new Set(
    readFileSync(`/proc/${running.initPid}/mountinfo`, 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[4] ?? ''),
  );
  const listed = (types: readonly string[]): string => types.filter((type) => type !== 'empty').join();
  const [now, then] = [
    plan.interfaces.map(({ device }) => device.op),
    running.interfaces.map(({ type }) => type),
  ];
  const maps = (all: MonitorInfo['idmap'] | StartPlan['idmap']): string =>
    all.map(({ kind, inside, outside, count }) => `${kind} ${inside} ${outside} ${count}`).join();
  return [
    ...(running.ttys === plan.terminals.ttys ? [] : ['lxc.tty.max']),
    ...(plan.terminals.console === 'none' && places.has('/dev/console') ? ['lxc.console.path'] : []),
    ...(listed(now) === listed(then) ? [] : ['lxc.net']),
    ...(maps(running.idmap) === maps(plan.idmap) ? [] : ['lxc.idmap']),
    ...hostBinds(plan).flatMap(({ target, optional }) =>
      optional || places.has(`/${target}`) ? [] : [`lxc.mount.entry (/${target} is not mounted)`],
    ),
  ];
}

/** Throws TLXC_E_UNSUPPORTED with every reason. running: null for a restore. stop: it ends with the dump. */
export async function refuseUndumpable(
  plan: StartPlan,
  {
    criu,
    running,
    stop,
  }: { readonly criu: string; readonly running: MonitorInfo | null; readonly stop: boolean },
): Promise<void> {
  const changed = running === null ? [] : changedSince(plan, running);
  const since = `the configuration has changed since the start, and has to be as it was: ${changed.join(', ')}`;
  const problems = [
    ...undumpable(plan, stop).map(
      ({ why, hint, origin }) => new Problem({ message: why, hint, at: origin?.file ? origin : undefined }),
    ),
    ...(changed.length > 0
      ? [
          new Problem({
            message: since,
            hint: 'take that back, or start it anew',
            at: { file: plan.configFile, line: 1 },
          }),
        ]
      : []),
  ];
  const findings = [...criuFindings(criu), ...(running === null ? [] : await inside(running))];
  if (problems.length === 0 && findings.length === 0) return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `the container cannot be ${running === null ? 'restored' : 'saved'} as it is`,
    container: plan.name,
    problems,
    findings,
  });
}
