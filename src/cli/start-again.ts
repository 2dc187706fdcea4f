/** tlxc-start --restart: what a monitor has run when it is time to start its container again (tlxc.restart). */
import { containerPaths } from '../container/paths.ts';
import { noteStartFailure } from '../container/restart.ts';
import { startContainer, type StartRequest } from '../container/start/start.ts';
import { TlxcError } from '../errors.ts';
import { renderError } from './render.ts';

/** Exit codes that native/monitor/restart.cc knows. */
const [RUNS, TRY_AGAIN, USELESS] = [0, 1, 3] as const;

/** Until somebody has changed something, it comes to the same. */
const LASTING = new Set(['TLXC_E_CONFIG', 'TLXC_E_NOT_FOUND', 'TLXC_E_UNSUPPORTED', 'TLXC_E_USAGE']);

/** Resolves to the exit code; what failed is kept for tlxc-info, and told on standard error, which is the container's log. */
export async function startAgain(
  request: StartRequest,
  { warn, tell }: { readonly warn: (text: string) => void; readonly tell: (line: string) => void },
): Promise<number> {
  const { system, lxcpath, name } = request;
  try {
    await startContainer({ ...request, isRestart: true }, { warn });
    return RUNS;
  } catch (error) {
    if (error instanceof TlxcError && error.code === 'TLXC_E_RUNNING') return RUNS;
    const lines = renderError('tlxc-start', error, name);
    lines.forEach(tell);
    const message = error instanceof Error ? error.message : String(error);
    noteStartFailure(containerPaths(system, lxcpath, name), message);
    return error instanceof TlxcError && LASTING.has(error.code) ? USELESS : TRY_AGAIN;
  }
}
