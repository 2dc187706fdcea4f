/**
 * LXC's seccomp policy files, versions 1 and 2 (lxc.container.conf(5), SECCOMP CONFIGURATION), as a plan's Seccomp.
 *
 *     2
 *     denylist
 *     reject_force_umount        # a comment
 *     [all]
 *     kexec_load errno 1
 *     ioctl errno 25 [1,0x5412,SCMP_CMP_MASKED_EQ,0xffffffff]
 */
import type { SourceLocation } from '../errors.ts';
import { fingerprint } from './fingerprint.ts';
import type { Findings } from './input.ts';
import { parseRuleArguments } from './seccomp-arguments.ts';
import { filterArchitectures, sectionArchitecture } from './seccomp-architectures.ts';
import type { Seccomp } from './types.ts';

type Rule = Seccomp['rules'][number];
type Verdict = Pick<Rule, 'action' | 'errno'>;

export interface SeccompContext {
  /** uname -m of the host. */
  readonly machine: string;
  readonly cacheDir: string;
  readonly findings: Findings;
}

/** Of the compiled form: another number where the same policy comes to mean another filter. */
const FORMAT = 3;
const EACCES = 13;
/** umount2(2), MNT_FORCE. */
const MNT_FORCE = '1';
const MAX_ERRNO = 4095;

/** Problems go to the findings, each with its line of the policy; the result is then of no use. */
export function compileSeccomp(policy: { path: string; text: string }, context: SeccompContext): Seccomp {
  const lines = meaningfulLines(policy);
  const header = parseHeader(lines, policy.path, context.findings);
  const body = new PolicyBody(header, context);
  for (const { text, at } of lines.slice(2)) body.line(text, at);
  return {
    defaultAction: header.unlisted.action,
    defaultErrno: header.unlisted.errno,
    architectures: filterArchitectures(context.machine, header.allowList, body.sections),
    rules: body.rules,
    notify: null,
    cache: cachePath(
      lines.map(({ text }) => text),
      context,
    ),
  };
}

interface Header {
  readonly byNumber: boolean;
  readonly allowList: boolean;
  /** For calls that no rule names. */
  readonly unlisted: Verdict;
  /** For rules without an action of their own. */
  readonly listed: Verdict;
}

const ALLOW: Verdict = { action: 'allow', errno: 0 };
const KILL: Verdict = { action: 'kill', errno: 0 };

interface Line {
  readonly text: string;
  readonly at: SourceLocation;
}

/** Without comments and the lines that are empty then. */
function meaningfulLines({ path, text }: { path: string; text: string }): readonly Line[] {
  return text
    .split('\n')
    .map((line, index) => ({ text: line.replace(/#.*/, '').trim(), at: { file: path, line: index + 1 } }))
    .filter((line) => line.text !== '');
}

const ALLOW_LISTS = ['allowlist', 'whitelist'];
const DENY_LISTS = ['denylist', 'blacklist'];

/** The version, then the style of the list and what becomes of calls that are not in it. */
function parseHeader(lines: readonly Line[], file: string, findings: Findings): Header {
  const start = { text: '', at: { file, line: 1 } };
  const version = lines[0] ?? start;
  const style = lines[1] ?? { ...version, text: '' };
  const [name = '', ...verdict] = style.text.split(/\s+/);
  const byNumber = version.text === '1';
  const known = byNumber ? ALLOW_LISTS : [...ALLOW_LISTS, ...DENY_LISTS];
  if (!byNumber && version.text !== '2')
    findings.refuse(
      version.at,
      `a seccomp policy begins with its version, 1 or 2, not ${JSON.stringify(version.text)}`,
    );
  else if (!known.includes(name))
    findings.refuse(
      style.at,
      `${JSON.stringify(name)} is not a style of list; ${byNumber ? 'allowlist is' : 'allowlist and denylist are'}`,
    );
  const allowList = ALLOW_LISTS.includes(name);
  const unlisted = allowList ? KILL : ALLOW;
  const refuse = (what: string) => findings.refuse(style.at, what);
  return {
    byNumber,
    allowList,
    unlisted: byNumber ? unlisted : parseVerdict(verdict, unlisted, refuse),
    listed: allowList ? ALLOW : KILL,
  };
}

/** The lines after the first two; sections change which architecture the following rules are for. */
class PolicyBody {
  readonly rules: Rule[] = [];
  readonly sections = new Set<string>();
  /** "" all; null: an architecture this host does not run. */
  private architecture: string | null = '';

  constructor(
    private readonly header: Header,
    private readonly context: SeccompContext,
  ) {}

  line(line: string, at: SourceLocation): void {
    if (this.header.byNumber) this.numberedCall(line, at);
    else if (line.startsWith('[')) this.enter(line, at);
    else if (line.startsWith('reject_force_umount')) this.rejectForcedUmount(at);
    else if (this.architecture !== null) this.namedCall(line, at);
  }

  private enter(line: string, at: SourceLocation): void {
    const architecture = sectionArchitecture(line, this.context.machine);
    if (architecture === undefined)
      this.context.findings.refuse(at, `${line} is not an architecture of seccomp policies`);
    // Rules of a section nobody knows are still checked.
    this.architecture = architecture === undefined ? '' : architecture;
    if (architecture) this.sections.add(architecture);
  }

  private numberedCall(line: string, at: SourceLocation): void {
    if (!/^\d+$/.test(line))
      this.context.findings.refuse(at, `${JSON.stringify(line)} is not a system call number`);
    this.add({ syscall: line, ...this.header.listed, arguments: [] }, at);
  }

  private namedCall(line: string, at: SourceLocation): void {
    const refuse = (what: string) => this.context.findings.refuse(at, what);
    const bracket = line.indexOf('[');
    const [syscall = '', ...verdict] = (bracket === -1 ? line : line.slice(0, bracket)).trim().split(/\s+/);
    if (!/^[a-z_0-9]+$/i.test(syscall)) refuse(`${JSON.stringify(syscall)} is not the name of a system call`);
    const action =
      verdict.length === 0 ? this.header.listed : parseVerdict(verdict, this.header.listed, refuse);
    const conditions = bracket === -1 ? [] : parseRuleArguments(line.slice(bracket), refuse);
    this.add({ syscall, ...action, arguments: conditions }, at);
  }

  private rejectForcedUmount(at: SourceLocation): void {
    const forced = { index: 1, op: 'masked_eq' as const, value: MNT_FORCE, mask: MNT_FORCE };
    this.rules.push({
      ...{ syscall: 'umount2', arch: '', action: 'errno', errno: EACCES, arguments: [forced] },
      origin: { file: at.file, line: at.line, key: 'reject_force_umount' },
    });
  }

  private add(rule: Omit<Rule, 'arch' | 'origin'>, at: SourceLocation): void {
    this.rules.push({
      ...rule,
      arch: this.architecture ?? '',
      origin: { file: at.file, line: at.line, key: rule.syscall },
    });
  }
}

/** kill, allow, trap, notify, errno N; nothing: fallback. */
function parseVerdict(words: readonly string[], fallback: Verdict, refuse: (what: string) => void): Verdict {
  const [action, number, ...rest] = words;
  if (action === undefined) return fallback;
  if (action === 'kill' || action === 'allow' || action === 'trap' || action === 'notify') {
    if (number !== undefined) refuse(`${action} is the whole action; ${JSON.stringify(number)} says nothing`);
    return { action, errno: 0 };
  }
  if (action !== 'errno')
    refuse(`${JSON.stringify(action)} is not an action; kill, errno N, allow, trap and notify are`);
  else if (!/^\d+$/.test(number ?? '') || Number(number) > MAX_ERRNO)
    refuse(`errno needs a number from 0 to ${MAX_ERRNO}, not ${JSON.stringify(number ?? '')}`);
  else if (rest[0] !== undefined)
    refuse(`errno ${number} is the whole action; ${JSON.stringify(rest[0])} says nothing`);
  return { action: 'errno', errno: Number(number) };
}

/** Named by what makes the filter what it is, so that containers share it and a changed policy is another. */
function cachePath(lines: readonly string[], { machine, cacheDir }: SeccompContext): string {
  return `${cacheDir}/${fingerprint([FORMAT, machine, ...lines].join('\n'))}.bpf`;
}
