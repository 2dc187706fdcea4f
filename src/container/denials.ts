/** What AppArmor and seccomp have refused to containers: read from the kernel's records, with the line that would allow it. */
import { readFileSync } from 'node:fs';
import { isNesting, refusedBy } from '../host/denials/apparmor.ts';
import { ancestors } from '../host/denials/ancestors.ts';
import { auditRecord, droppedBy, type AuditRecord } from '../host/denials/records.ts';
import { AUDIT_LOG, lastLines, RING, ringLines } from '../host/denials/sources.ts';
import { syscallNames } from '../host/denials/syscall-names.ts';
import { TlxcError, type ErrorCode } from '../errors.ts';
import { generatedName, policyNamespace } from '../plan/apparmor.ts';
import { inspectContainers, type Store } from './info/inspect.ts';
import { listActive, listContainers } from './store.ts';

/** One thing that was refused, however often. */
export interface Denial {
  /** null: a process that has ended, under a profile that several containers may have. */
  readonly container: string | null;
  readonly module: 'apparmor' | 'seccomp';
  /** The profile that refused it; "" with seccomp. */
  readonly profile: string;
  /** What was tried: "mount ext4 on /mnt". */
  readonly action: string;
  /** The program that tried it last, and its process as the host numbers it. */
  readonly command: string;
  readonly pid: number;
  readonly count: number;
  /** RFC 3339. */
  readonly last: string;
  /** Lines for the container's configuration, each of which would allow it; none: what to do is in `advice` alone. */
  readonly allow: readonly string[];
  readonly advice: string;
  /** What allowing it opens. */
  readonly risk: string;
}

/** What was refused to containers. */
export interface Denials {
  /** The latest last. */
  readonly denials: readonly Denial[];
  /** Messages that the kernel left away since there were too many. */
  readonly dropped: number;
}

/** A container, with what records call it. */
interface Suspect {
  readonly name: string;
  readonly profile: string;
  readonly namespace: string;
  /** null: it does not run. */
  readonly initPid: number | null;
  /** The one that it runs under, where that is another than its own. */
  readonly entered: string;
}

function suspects(store: Store): readonly Suspect[] {
  const { system, lxcpath } = store;
  const names = [...new Set([...listContainers(lxcpath), ...listActive(system, lxcpath)])];
  return inspectContainers(store, names, { network: false }).map(({ name, running }) => {
    const profile = generatedName(name, lxcpath);
    const initPid = running?.initPid ?? null;
    return {
      name,
      profile,
      namespace: policyNamespace(profile),
      initPid,
      entered: running?.apparmorProfile ?? '',
    };
  });
}

const labelled = (label: string, { profile, namespace }: Suspect): boolean =>
  label === profile || label.startsWith(`${profile}//`) || label.split('//').includes(namespace);

/** undefined: nothing of a container. */
function containerOf({ fields }: AuditRecord, all: readonly Suspect[]): Suspect | null | undefined {
  const labels = [fields['profile'], fields['namespace'], fields['subj']].filter(
    (label) => label !== undefined,
  );
  const named = all.find((each) => labels.some((label) => labelled(label, each)));
  if (named !== undefined) return named;
  // A process id may be another's by now; that of a container's init is not.
  const line = ancestors(Number(fields['pid']));
  const below = all.find(({ initPid }) => initPid !== null && line.includes(initPid));
  if (below !== undefined) return below;
  const shared =
    (fields['profile'] ?? '').startsWith('lxc-container-') ||
    all.some(({ entered }) => entered !== '' && entered === fields['profile']);
  return shared ? null : undefined;
}

type Explanation = Pick<Denial, 'profile' | 'action' | 'allow' | 'advice' | 'risk'>;

const NESTING = 'lxc.include = /usr/share/tlxc/config/nesting.conf';

function explainAppArmor(record: AuditRecord, suspect: Suspect | null): Explanation {
  const { action, rule, risk } = refusedBy(record);
  const { profile = '', namespace = '' } = record.fields;
  const told = { profile, action, risk };
  if (suspect !== null && namespace.split('//').includes(suspect.namespace))
    return {
      ...told,
      allow: [],
      advice: 'a profile that the container itself has loaded refuses it: change that one, in the container',
    };
  if (suspect?.profile !== profile)
    return {
      ...told,
      allow: [],
      advice: `${profile} is not made by TLXC: ${rule === '' ? 'allow it there' : `${rule} in its file below /etc/apparmor.d allows it`}; lxc.apparmor.profile = generated is a profile for this container alone`,
    };
  const allow = [
    ...(rule === '' ? [] : [`lxc.apparmor.raw = ${rule}`]),
    ...(isNesting(record) ? [NESTING] : []),
  ];
  if (rule === '')
    return { ...told, allow, advice: 'no rule can name it: it has characters that rules do not take' };
  return { ...told, allow, advice: 'in force from its next start on' };
}

/** SECCOMP_RET_LOG: it was done all the same. */
const LOGGED = 0x7ffc0000;

function explainSeccomp({ fields }: AuditRecord, names: ReadonlyMap<string, string>): Explanation {
  const call =
    names.get(callOf(fields)) ?? `system call ${fields['syscall'] ?? '?'} of ${fields['arch'] ?? '?'}`;
  const done = Number(fields['code']) === LOGGED;
  return {
    profile: '',
    action: `call ${call}${done ? ', which was written down and done' : ''}`,
    allow: [],
    advice: done
      ? `the policy (lxc.seccomp.profile) says log for it; without that line it is done without a word`
      : `lxc.seccomp.profile = a copy of the policy with a line "${call}" allows it, where the policy lists what is allowed; take the line away where it lists what is not`,
    risk: 'one call more of the kernel to attack, by all programs of the container',
  };
}

const callOf = (fields: AuditRecord['fields']): string =>
  `${fields['arch'] ?? ''}:${fields['syscall'] ?? ''}`;

/** Throws TLXC_E_PERMISSION, TLXC_E_NOT_FOUND or TLXC_E_SYSCALL. */
function readLines(file: string | undefined): readonly string[] {
  try {
    if (file !== undefined) return readFileSync(file, 'utf8').split('\n');
    // auditd takes them from the kernel's log; without it they are there.
    return [...lastLines(AUDIT_LOG), ...ringLines()];
  } catch (error) {
    const { code: errno = 'EIO', path = file ?? RING } = error as NodeJS.ErrnoException;
    throw new TlxcError({
      code: CODES[errno] ?? 'TLXC_E_SYSCALL',
      message: `cannot read the kernel's records in ${path}`,
      ...{ errno, path },
      ...(file === undefined && {
        hint: errno === 'ENOENT' ? ELSEWHERE : 'be root (sudo): they are about all users',
      }),
    });
  }
}

/** No container has a node of the kernel's log. */
const ELSEWHERE = 'a container has none of them: ask on the machine that it runs on';

const CODES: Readonly<Record<string, ErrorCode>> = {
  EPERM: 'TLXC_E_PERMISSION',
  EACCES: 'TLXC_E_PERMISSION',
  ENOENT: 'TLXC_E_NOT_FOUND',
};

/** Pure, but for the processes that still run. */
function explain(lines: readonly string[], all: readonly Suspect[], only: string): Denial[] {
  const records = lines.flatMap((line) => auditRecord(line) ?? []);
  const names = syscallNames(
    records.filter(({ module }) => module === 'seccomp').map(({ fields }) => callOf(fields)),
  );
  const found = new Map<string, Denial>();
  for (const record of records) {
    const suspect = containerOf(record, all);
    if (suspect === undefined || (only !== '' && suspect?.name !== only)) continue;
    const explained =
      record.module === 'apparmor' ? explainAppArmor(record, suspect) : explainSeccomp(record, names);
    const container = suspect?.name ?? null;
    const key = JSON.stringify([container, explained.profile, explained.action]);
    const before = found.get(key)?.count ?? 0;
    found.delete(key); // the latest last
    const { comm: command = '', pid } = record.fields;
    const last = new Date(record.atMs).toISOString();
    found.set(key, {
      container,
      module: record.module,
      ...explained,
      command,
      pid: Number(pid),
      count: before + 1,
      last,
    });
  }
  return [...found.values()];
}

/** Whose, and by which records. */
export interface DenialOptions {
  /** Of this container alone. */
  readonly name?: string;
  /** With records, as dmesg prints them or auditd keeps them. Default: those of this host. */
  readonly file?: string;
}

/** Of the containers of a store. */
export function explainDenials(store: Store, { name = '', file }: DenialOptions = {}): Denials {
  const lines = readLines(file);
  const denials = explain(lines, suspects(store), name);
  return { denials, dropped: lines.reduce((sum, line) => sum + droppedBy(line), 0) };
}
