/** --share-net and so on: namespaces that a container is to have of another's (tlxc-start, tlxc-execute). */
import type { ShareOption } from '../container/start/shared-namespaces.ts';
import { argumentOf, type OptionSpec, type OptionValues } from './options.ts';

const SHARED: Readonly<Record<ShareOption, string>> = {
  net: 'shareNet',
  ipc: 'shareIpc',
  uts: 'shareUts',
  pid: 'sharePid',
};
const NAMESPACES = Object.keys(SHARED) as readonly ShareOption[];

export const SHARE_OPTIONS: readonly OptionSpec[] = NAMESPACES.map((namespace) => ({
  flags: `--share-${namespace} <NAME>`,
  description: `Share the ${namespace} namespace of a container, a pid or a path`,
}));

/** Those that were given, and whose. */
export const sharedOf = (options: OptionValues): Readonly<Partial<Record<ShareOption, string>>> =>
  Object.fromEntries(
    NAMESPACES.flatMap((namespace) => {
      const whose = argumentOf(options[SHARED[namespace]]);
      return whose ? [[namespace, whose] as const] : [];
    }),
  );
