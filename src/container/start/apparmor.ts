/** Loads the AppArmor profile that a plan has generated, and removes it. LXC's names and places. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../../config/atomic-write.ts';
import { TlxcError } from '../../errors.ts';
import { POLICY } from '../../host/apparmor.ts';
import type { Security, StartPlan } from '../../plan/types.ts';

type Generated = NonNullable<Security['apparmorGenerated']>;

/** A parser that takes longer hangs; a long profile takes a second on a slow machine. */
const PARSER_MS = 60_000;

const namespacePath = (namespace: string): string => join(POLICY, 'policy/namespaces', namespace);

/** Throws TLXC_E_SYSCALL with the parser's words. */
export function loadProfile({ name, security: { apparmorGenerated: generated } }: StartPlan): void {
  if (generated === null) return;
  if (generated.namespace !== '') makeNamespace(name, generated);
  // The compiled form is as old as the text: only a new text is written.
  if (readText(generated.file) !== generated.text) {
    mkdirSync(dirname(generated.file), { recursive: true, mode: 0o700 });
    writeFileAtomically(generated.file, generated.text, { mode: 0o600 });
  }
  const [parser = '', ...words] = generated.load;
  const { status, stderr, error } = spawnSync(parser, words, {
    encoding: 'utf8',
    timeout: PARSER_MS,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  if (status === 0) return;
  unloadProfile(generated);
  throw new TlxcError({
    code: 'TLXC_E_SYSCALL',
    message: `apparmor_parser does not load the generated profile: ${error?.message ?? wordsOf(stderr, generated)}`,
    container: name,
    where: generated.origin,
    path: generated.file,
    hint: 'rules of lxc.apparmor.raw stand at its end, and each ends in a comma',
  });
}

function makeNamespace(container: string, { namespace, origin }: Generated): void {
  try {
    mkdirSync(namespacePath(namespace));
  } catch (error) {
    const { code = '', syscall = 'mkdir', path = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    throw new TlxcError({
      ...{ code: 'TLXC_E_SYSCALL', container, syscall, errno: code, path, where: origin },
      message: `cannot make the AppArmor policy namespace ${namespace}`,
      hint: 'this takes root of the host, with CAP_MAC_ADMIN',
    });
  }
}

/** "… at line N: WORDS" with the line itself. */
function wordsOf(stderr: string, { text }: Generated): string {
  const [, line, words] = /at line (\d+): ([^\n]+)/.exec(stderr) ?? [];
  if (line === undefined) return stderr.trim();
  return `${words} at "${text.split('\n')[Number(line) - 1]?.trim() ?? ''}"`;
}

/** Of the kernel; the text stays, and with it the compiled form for the next start. What is not there is no failure. */
export function unloadProfile({ name, namespace }: Pick<Generated, 'name' | 'namespace'>): void {
  if (namespace !== '')
    unlessMissing(() => {
      rmdirSync(namespacePath(namespace));
    });
  unlessMissing(() => {
    writeFileSync(join(POLICY, '.remove'), name);
  });
}

function unlessMissing(action: () => void): void {
  try {
    action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
