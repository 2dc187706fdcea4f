import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';
import { addNeighbour, askDhcp, bridged } from './neighbours.ts';

const rooted = requires(...bridged);

/** TLXC_CROWD: as many as are wanted; 50 take a minute on a small machine. */
const MANY = Number(process.env['TLXC_CROWD'] ?? 12);

rooted(`${MANY} containers at once each get an address of their own, and keep it`, async (t) => {
  t.timeout(600_000);
  const world = await makeWorld(t);
  const names = Array.from({ length: MANY }, (_, number) => `u${number}`);
  for (const name of names) addNeighbour(world, name);
  const all = (command: string): string => `for n in ${names.join(' ')}; do ${command} & done; wait`;
  const addresses = async (): Promise<string[]> => {
    await world.sh(all('tlxc-start -n $n'));
    return Promise.all(names.map((name) => askDhcp(world, name)));
  };
  const before = performance.now();
  const first = await addresses();
  t.log(`${MANY} started and addressed in ${((performance.now() - before) / 1000).toFixed(1)} s`);
  t.is(new Set(first).size, MANY);
  await world.sh(all('tlxc-stop -k -n $n'));
  t.deepEqual(await addresses(), first);
  await world.sh(all('tlxc-stop -k -n $n'));
});
