import test from 'ava';
import { registry } from '../../src/config/registry.ts';
import { apparmor } from './tables/apparmor.ts';
import { cgroup } from './tables/cgroup.ts';
import { console } from './tables/console.ts';
import { credentials } from './tables/credentials.ts';
import { devices } from './tables/devices.ts';
import { health } from './tables/health.ts';
import { hooks } from './tables/hooks.ts';
import { lifecycle } from './tables/lifecycle.ts';
import { mounts } from './tables/mounts.ts';
import { namespaces } from './tables/namespaces.ts';
import { network } from './tables/network.ts';
import { process } from './tables/process.ts';
import { running } from './tables/running.ts';
import { seccomp } from './tables/seccomp.ts';
import { security } from './tables/security.ts';
import { storage } from './tables/storage.ts';
import { system } from './tables/system.ts';

const effects = [
  system,
  storage,
  mounts,
  devices,
  console,
  network,
  cgroup,
  namespaces,
  process,
  credentials,
  security,
  seccomp,
  apparmor,
  lifecycle,
  health,
  hooks,
  running,
].flat();

test('no effect is of a key that does not exist', (t) => {
  const names = new Set(registry.map(({ name }) => name));
  t.deepEqual(
    effects.map(({ key }) => key).filter((key) => !names.has(key)),
    [],
  );
});

test('every key of the registry has an effect', (t) => {
  const seen = new Set(effects.map(({ key }) => key));
  t.deepEqual(
    registry.map(({ name }) => name).filter((name) => !seen.has(name)),
    [],
  );
});
