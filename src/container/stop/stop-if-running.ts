import { TlxcError } from '../../errors.ts';
import { stopContainer, type StopRequest } from './stop.ts';

/** As stopContainer; that somebody else has stopped it meanwhile is no error. */
export async function stopIfRunning(request: StopRequest): Promise<void> {
  await stopContainer(request).catch((error: unknown) => {
    if (!(error instanceof TlxcError && error.code === 'TLXC_E_NOT_RUNNING')) throw error;
  });
}
