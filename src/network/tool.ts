/** Runs nft, dnsmasq and resolvectl, and turns what they say on failure into an error with a way out. */
import { TlxcError } from '../errors.ts';
import { programError, startProgram } from '../host/program.ts';

const packageOf: Readonly<Record<string, string>> = {
  nft: 'nftables',
  dnsmasq: 'dnsmasq-base',
  resolvectl: 'systemd-resolved',
};

/** setpriv's exit status when the program it was to run is not there. */
const NOT_FOUND = 127;

/**
 * What the program wrote on standard output. `what` completes an error's sentence: "cannot make the bridge x".
 * Throws TLXC_E_NETWORK; standard input is `input` or nothing.
 */
export async function runTool(argv: readonly string[], what: string, input?: string): Promise<string> {
  const lines: string[] = [];
  const { child, ended } = startProgram(argv, {
    ...(input === undefined ? {} : { stdin: 'pipe' as const }),
    stdout: (line) => void lines.push(line),
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const result = await ended;
  if (result.status === 0) return lines.join('\n');
  const [program = ''] = argv;
  if (result.status !== NOT_FOUND) throw programError(result, { code: 'TLXC_E_NETWORK', what });
  throw new TlxcError({
    code: 'TLXC_E_NETWORK',
    message: `${what}: ${program} is not installed`,
    hint: `apt-get install ${packageOf[program] ?? program}`,
  });
}
