/**
 * Whose ids the files of a plain user's containers have. All containers of a user have the same, the first 65,536 of the
 * user's subordinate ids, unless the configuration they are made from has lxc.idmap lines: so they share images, and the
 * usual range of 65,536 is enough for any number of them.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ContainerConfig, IdMap, SystemConfig } from '../../config/model.ts';
import { TlxcError } from '../../errors.ts';
import { Problem } from '../../problem.ts';
import type { HostFacts, UserFacts } from '../../host/facts.ts';
import type { Mapping } from '../../host/mapped.ts';
import { startChecks } from '../../host/user-checks.ts';
import { mapsToThemselves } from '../../plan/idmap.ts';
import { whyNoGroups, whyNotMapped } from '../../plan/user.ts';
import { wholeRange } from '../id-ranges.ts';

/** Root's files of unshifted ids are mapped by mounts, which a container has not. */
function refuseShifted({ name, idmap }: ContainerConfig): void {
  if (idmap.length === 0 || mapsToThemselves(idmap)) return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: 'lxc.idmap maps ids to others, for which no mount can be made in an unprivileged container',
    container: name,
    problems: idmap.slice(0, 1).map(({ at }) => new Problem({ message: 'the first of these lines', at })),
    hint: 'leave the lines out, then tlxc-create writes some, or map each id to itself: lxc.idmap = u 0 0 65536',
  });
}

/** null for root. Throws TLXC_E_PERMISSION with everything that a user lacks, and the commands that mend it. */
export function mappingOf(seed: ContainerConfig, host: HostFacts): Mapping | null {
  const { user, nested } = host;
  if (user === null && nested !== null) refuseShifted(seed);
  if (user === null) return null;
  const own = seed.idmap.map(({ value }) => value);
  const needed = own.length > 0 ? ['problem'] : ['problem', 'warning'];
  const lacking = startChecks.map((check) => check(user)).filter(({ level }) => needed.includes(level));
  const problems = [
    ...lacking.map(({ what, found, mend }) => new Problem({ message: `${what}: ${found}; mend: ${mend}` })),
    ...seed.idmap.flatMap(({ value, at }) => {
      const message = whyNotMapped(value, host, user);
      return message === '' ? [] : [new Problem({ message, at })];
    }),
    ...[whyNoGroups(own, user)].filter(Boolean).map((message) => new Problem({ message })),
  ];
  if (problems.length > 0) throw cannotHave(seed.name, user, problems);
  const maps = own.length > 0 ? own : firstRange(user);
  return { newUidMap: user.newUidMap, newGidMap: user.newGidMap, maps };
}

const cannotHave = (container: string, { name }: UserFacts, problems: readonly Problem[]): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `${name} cannot have containers as things are`,
    container,
    problems,
  });

function firstRange({ subuids, subgids }: UserFacts): IdMap[] {
  const [template] = wholeRange(0);
  return (['uid', 'gid'] as const).flatMap((kind) => {
    const span = (kind === 'uid' ? subuids : subgids).find(
      ({ count }) => template && count >= template.count,
    );
    return template && span ? [{ ...template, kind, outside: span.first }] : [];
  });
}

/** Where images are kept: those of users by the ids that their files have. */
export function imageDirectory({ cacheDir }: SystemConfig, mapping: Mapping | null): string {
  if (mapping === null) return cacheDir;
  const digest = createHash('sha256').update(JSON.stringify(mapping.maps)).digest('hex');
  return join(cacheDir, `ids-${digest.slice(0, 12)}`);
}
