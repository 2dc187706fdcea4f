/** The networks of many containers, looked at one after the other while their configurations are read. */
import { join } from 'node:path';
import { makeBridge, net, networked } from '../../effects/networks.ts';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const tested = requires(...networked);
const library = join(import.meta.dirname, '../../../dist/index.js');

tested('each of many is shown with its own addresses, and one that does not run with none', async (t) => {
  const world = await makeWorld(t);
  await makeBridge(world);
  const names = ['c1', 'c2', 'c3', 'c4'];
  for (const [index, name] of names.entries())
    addBusybox(world, name, {
      config: [...net('veth', 'link = br0'), `lxc.net.0.ipv4.address = 10.5.0.${index + 1}/24`],
    });
  for (const name of ['c1', 'c3', 'c4']) await world.sh(`tlxc-start -n ${name}`);
  const host = await world.sh('ip -br link');

  const table = await world.sh('tlxc-ls -f -F NAME,STATE,IPV4,INTERFACE');
  t.is(
    table.replace(/ +/g, ' '),
    [
      'NAME STATE IPV4 INTERFACE ',
      'c1 RUNNING 10.5.0.1 eth0, lo ',
      'c2 STOPPED - - ',
      'c3 RUNNING 10.5.0.3 eth0, lo ',
      'c4 RUNNING 10.5.0.4 eth0, lo \n',
    ].join('\n'),
  );
  // Only a filter's own are waited for.
  t.regex(await world.sh('tlxc-ls -f -F NAME,IPV4 --filter c3'), /^NAME +IPV4 *\nc3 +10\.5\.0\.3 *\n$/);
  t.is(await world.sh('ip -br link'), host);
  for (const name of ['c1', 'c3', 'c4']) await world.sh(`tlxc-stop -k -n ${name}`);
});

tested('a program that asks again and again keeps no descriptors', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh('tlxc-start -n c1');
  const script = `
    const { readdirSync } = await import('node:fs');
    const { Container } = await import(${JSON.stringify(library)});
    const c1 = new Container('c1');
    const open = () => readdirSync('/proc/self/fd').length;
    c1.info();
    const before = open();
    for (let round = 0; round < 100; round++) c1.info();
    console.log(c1.info().interfaces.length, open() - before);`;
  const { stdout } = await world.run('node', '--input-type=module', '-e', script);
  const [interfaces, more] = stdout.trim().split(' ').map(Number);
  t.is(interfaces, 1);
  // The thread closes the last one's a moment later.
  t.true((more ?? Infinity) <= 4, `${more} descriptors more`);
  await world.sh('tlxc-stop -k -n c1');
});
