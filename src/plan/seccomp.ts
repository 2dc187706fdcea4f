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
const FORMAT = 1;
const EACCES = 13;
/** umount2(2), MNT_FORCE. */
const MNT_FORCE = '1';
const MAX_ERRNO = 4095;

/** Problems go to the findings, each with its line of the policy; the result is then of no use. */
export function compileSeccomp(policy: { path: string; text: string }, context: SeccompContext): Seccomp {
  const lines = policy.text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const at = (index: number): SourceLocation => ({ file: policy.path, line: index + 1 });
  const version = lines[0] ?? '';
  const style = (lines[1] ?? '').split(/\s+/);
  const allowList = style[0] === 'allowlist' || style[0] === 'whitelist';
  if (version !== '1' && version !== '2')
    context.findings.refuse(
      at(0),
      `a seccomp policy begins with its version, 1 or 2, not ${JSON.stringify(version)}`,
    );
  else if (!allowList && (version === '1' || !['denylist', 'blacklist'].includes(style[0] ?? '')))
    context.findings.refuse(
      at(1),
      `the policy's style must be ${version === '1' ? 'allowlist' : 'allowlist or denylist'}, not ${JSON.stringify(lines[1] ?? '')}`,
    );
  const fallback: Verdict = allowList ? { action: 'kill', errno: 0 } : { action: 'allow', errno: 0 };
  const unlisted =
    version === '2'
      ? parseVerdict(style.slice(1), fallback, (what) => context.findings.refuse(at(1), what))
      : fallback;
  const listed: Verdict = allowList ? { action: 'allow', errno: 0 } : { action: 'kill', errno: 0 };
  const body = new PolicyBody(version, listed, context);
  lines.forEach((line, index) => {
    if (index > 1 && line !== '') body.line(line, at(index));
  });
  return {
    defaultAction: unlisted.action,
    defaultErrno: unlisted.errno,
    architectures: filterArchitectures(context.machine, allowList, body.sections),
    rules: body.rules,
    cache: cachePath(lines, context),
  };
}

/** The lines after the first two; sections change which architecture the following rules are for. */
class PolicyBody {
  readonly rules: Rule[] = [];
  readonly sections = new Set<string>();
  /** "" all; null: an architecture this host does not run. */
  private architecture: string | null = '';

  constructor(
    private readonly version: string,
    private readonly listed: Verdict,
    private readonly context: SeccompContext,
  ) {}

  line(line: string, at: SourceLocation): void {
    const refuse = (what: string) => this.context.findings.refuse(at, what);
    const section = /^\[(.*)\]$/.exec(line)?.[1]?.trim().toLowerCase();
    if (this.version === '1') this.numberedCall(line, at);
    else if (section !== undefined) this.enter(section, refuse);
    else if (/^reject_force_umount\b/.test(line)) this.rejectForcedUmount(at);
    else if (this.architecture !== null) this.namedCall(line, at);
  }

  private enter(section: string, refuse: (what: string) => void): void {
    const architecture = sectionArchitecture(section, this.context.machine);
    if (architecture === undefined) refuse(`[${section}] is not an architecture of seccomp policies`);
    // Rules of a section nobody knows are still checked.
    this.architecture = architecture === undefined ? '' : architecture;
    if (architecture) this.sections.add(architecture);
  }

  private numberedCall(line: string, at: SourceLocation): void {
    if (!/^\d+$/.test(line))
      this.context.findings.refuse(at, `${JSON.stringify(line)} is not a system call number`);
    this.add({ syscall: line, ...this.listed, arguments: [] }, at);
  }

  private namedCall(line: string, at: SourceLocation): void {
    const refuse = (what: string) => this.context.findings.refuse(at, what);
    const [words = '', ...tuples] = line.split(/(?=\[)/);
    const [syscall = '', ...verdict] = words.trim().split(/\s+/);
    if (!/^[a-z_0-9]+$/i.test(syscall)) refuse(`${JSON.stringify(syscall)} is not the name of a system call`);
    const action = parseVerdict(verdict, this.listed, refuse);
    this.add({ syscall, ...action, arguments: parseRuleArguments(tuples, refuse) }, at);
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

/** kill, allow, trap, errno N; nothing: fallback. */
function parseVerdict(words: readonly string[], fallback: Verdict, refuse: (what: string) => void): Verdict {
  const [action, number] = words;
  if (action === undefined) return fallback;
  if (action === 'kill' || action === 'allow' || action === 'trap') return { action, errno: 0 };
  if (action === 'notify') refuse('the action notify is not supported yet');
  else if (action !== 'errno')
    refuse(`${JSON.stringify(action)} is not an action; kill, allow, trap and errno N are`);
  else if (!/^\d+$/.test(number ?? '') || Number(number) > MAX_ERRNO)
    refuse(`errno needs a number from 0 to ${MAX_ERRNO}, not ${JSON.stringify(number ?? '')}`);
  return { action: 'errno', errno: Number(number) };
}

/** Named by what makes the filter what it is, so that containers share it and a changed policy is another. */
function cachePath(lines: readonly string[], { machine, cacheDir }: SeccompContext): string {
  return `${cacheDir}/${fingerprint([FORMAT, machine, ...lines.filter(Boolean)].join('\n'))}.bpf`;
}
