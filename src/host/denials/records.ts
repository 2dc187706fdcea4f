/** What the kernel has written down of refusals: AppArmor's (type 1400) and seccomp's (1326), as the kernel's log and auditd keep them. */

export interface AuditRecord {
  readonly module: 'apparmor' | 'seccomp';
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The kernel's own names: operation, name, profile, comm, syscall … */
  readonly fields: Readonly<Record<string, string>>;
}

const STAMP = /\baudit\((\d+)\.(\d{3}):\d+\): (.*)$/s;
const KIND =
  /(?:^|\W)(?:type=(?:1400|AVC)\b.*?\bapparmor="DENIED"|type=(?:1107|USER_AVC)\b.*?\bapparmor="DENIED"|type=(?:1326|SECCOMP)\b)/s;
const FIELD = /(\w+)=(?:"([^"]*)"|(\S+))/g;

/** What came from a program is written as hexadecimal digits where it holds a blank, a quote or a control character. */
const FROM_PROGRAMS = new Set(
  'name profile namespace comm exe srcname peer target trans peer_profile label subj'.split(' '),
);
const HEX = /^(?:[0-9A-F]{2})+$/;

function valueOf(key: string, quoted: string | undefined, bare: string): string {
  if (quoted !== undefined) return quoted;
  return FROM_PROGRAMS.has(key) && HEX.test(bare) ? Buffer.from(bare, 'hex').toString() : bare;
}

/** undefined: it is about something else. */
export function auditRecord(line: string): AuditRecord | undefined {
  const [, seconds = '', ms = '', rest = ''] = STAMP.exec(line) ?? [];
  if (seconds === '' || !KIND.test(line)) return undefined;
  // What auditd adds in words of its own comes after this character.
  const [own = ''] = rest.split('\u{1d}');
  const fields = Object.fromEntries(
    [...own.matchAll(FIELD)].map(([, key = '', quoted, bare = '']) => [key, valueOf(key, quoted, bare)]),
  );
  const module = fields['apparmor'] === undefined ? 'seccomp' : 'apparmor';
  return { module, atMs: Number(seconds) * 1000 + Number(ms), fields };
}

/** How many lines the kernel left away since there were too many of them. */
export const droppedBy = (line: string): number =>
  Number(/\b(?:kauditd|audit)_printk_skb: (\d+) callbacks suppressed/.exec(line)?.[1] ?? 0);
