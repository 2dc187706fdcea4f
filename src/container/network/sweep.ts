/** What a monitor that was killed leaves of a network: proxy entries, ports of Open vSwitch's, interfaces lent by the host. */
import { closeSync } from 'node:fs';
import { TlxcError } from '../../errors.ts';
import { startProgram } from '../../host/program.ts';
import type { StartMessage } from '../../monitor/protocol.ts';
import { nativeFile } from '../../package-root.ts';
import { removeFile } from '../../remove-file.ts';
import type { ContainerPaths } from '../paths.ts';
import { openRecord } from '../../host/own-file.ts';

function failure(paths: ContainerPaths, words: readonly string[]): TlxcError {
  const said = words.map((line) => JSON.parse(line) as StartMessage).at(-1);
  const detail =
    said?.kind === 'failed' ? [said.path, said.syscall, said.detail].filter(Boolean).join(', ') : '';
  return new TlxcError({
    code: 'TLXC_E_NETWORK',
    message: `what is left of its last network cannot be taken back${detail && `: ${detail}`}`,
    container: paths.name,
    path: paths.network,
    hint: `the file says what it is; rm ${paths.network} once that is seen to`,
  });
}

/** Takes it back, where there is any. The monitor is dead, and the caller holds its lock. Throws TLXC_E_NETWORK. */
export async function sweepNetwork(paths: ContainerPaths): Promise<void> {
  const record = openRecord(paths.network);
  if (record === null) return;
  const words: string[] = [];
  try {
    const argv = [nativeFile('tlxc-monitor'), 'clear-network'];
    const { ended } = startProgram(argv, { stdin: record, stdout: (line) => void words.push(line) });
    if ((await ended).status !== 0) throw failure(paths, words);
  } finally {
    closeSync(record);
  }
  removeFile(paths.network);
}
