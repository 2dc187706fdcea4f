/** A file of a container's in the caller's editor: it is written back only when it was changed, and keeps owner and mode. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { TlxcError } from '../../errors.ts';
import { spawned } from '../../host/program.ts';
import { pullFiles, pushFiles } from './transfer.ts';
import type { TreeRequest } from './tree.ts';

interface Editing extends TreeRequest {
  /** In the container, from its root. */
  readonly path: string;
}

/** As crontab -e and others: a line of shell, which gets the file's name. */
const editorOf = ({ VISUAL, EDITOR }: TreeRequest['environment']): string => VISUAL || EDITOR || 'vi';

async function runEditor({ environment, name }: Editing, file: string): Promise<void> {
  const editor = editorOf(environment);
  const child = spawned(
    spawn('sh', ['-c', `${editor} "$1"`, 'edit', file], { stdio: 'inherit', env: environment }),
  );
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (status === 0) return;
  throw new TlxcError({
    code: 'TLXC_E_SYSCALL',
    message: `the editor ${editor} failed (${signal ?? `exit status ${status}`}): nothing was changed`,
    container: name,
    hint: 'another editor is named by VISUAL or EDITOR in the environment',
  });
}

/** Returns whether the file was changed. Throws as pullFiles and pushFiles. */
export async function editFile(editing: Editing): Promise<boolean> {
  const { path, name } = editing;
  const directory = mkdtempSync(join(tmpdir(), 'tlxc-edit-'));
  const file = join(directory, basename(path));
  const copy = { ...editing, into: false, recursive: false, parents: false, warn: () => undefined };
  let keep = false;
  try {
    await pullFiles({ ...copy, sources: [path], target: file });
    const before = readFileSync(file);
    await runEditor(editing, file);
    if (readFileSync(file).equals(before)) return false;
    keep = true;
    await pushFiles({ ...copy, sources: [file], target: path, uid: null, gid: null, mode: null, keep: true });
    keep = false;
    return true;
  } catch (error) {
    if (!keep || !(error instanceof TlxcError)) throw error;
    throw new TlxcError({ ...error.details, container: name, hint: `what you have written is in ${file}` });
  } finally {
    if (!keep) rmSync(directory, { recursive: true, force: true });
  }
}
