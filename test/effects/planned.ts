/** Effects seen in the plan, from the lines of a configuration on: for what few hosts have. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadContainerConfig } from '../../src/config/load.ts';
import type { HostFacts } from '../../src/host/facts.ts';
import { compileStartPlan, type CompiledStart } from '../../src/plan/start-plan.ts';
import { hybridHost, startInput } from '../plan/sample.ts';
import type { World } from '../rig/world.ts';

/** What these lines become there. Throws TLXC_E_CONFIG as a start does. */
export function planned(world: World, lines: readonly string[], host: HostFacts = hybridHost): CompiledStart {
  const configFile = join(world.dir, 'config');
  writeFileSync(configFile, ['lxc.rootfs.path = dir:/srv', ...lines, ''].join('\n'));
  const config = loadContainerConfig({ name: 'c1', lxcpath: '/store', configFile, environment: {} });
  return compileStartPlan({ ...startInput({ host }), config });
}
