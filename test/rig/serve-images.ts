/** The image server with a memory of what was asked, and with faults. Plain HTTP. */
import { serveDirectory, type Fault, type ImageServer, type ServeOptions } from '../../src/image/serve.ts';

export type { Fault } from '../../src/image/serve.ts';

export interface Observed extends Omit<ServeOptions, 'onRequest' | 'tls'> {
  /** Called with each request's path and how often it was asked for before. */
  readonly fault?: (path: string, before: number) => Fault | null;
}

export interface ObservedServer extends ImageServer {
  /** Paths asked for, in order. */
  readonly requests: readonly string[];
}

export async function serveImages({ fault = () => null, ...options }: Observed): Promise<ObservedServer> {
  const requests: string[] = [];
  const onRequest = (path: string) => {
    const before = requests.filter((known) => known === path).length;
    requests.push(path);
    return fault(path, before);
  };
  return { ...(await serveDirectory({ ...options, tls: null, onRequest })), requests };
}
