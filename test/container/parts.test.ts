/** What commands do beside single containers: autostart, a watch on what they use, checkpoints, image servers; and nested ones. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';
import { answerOf } from './library/consumer.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

rooted('autostart, in order, and what became of each', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'a1', { config: ['lxc.start.auto = 1', 'tlxc.start.after = a2'] });
  addBusybox(world, 'a2', { config: ['lxc.start.auto = 1', 'tlxc.start.ready = running'] });
  addBusybox(world, 'bad', { config: ['lxc.start.auto = 1', 'lxc.bogus = 3'] });
  addBusybox(world, 'm1');
  const told = await answerOf<Record<string, unknown>>(
    t,
    world,
    `import { autostart, autostartOrder, Container } from 'tlxc';
     const order = autostartOrder();
     const started = await autostart();
     const states = Container.list().map(({ name, state }) => name + ' ' + state);
     const ended = await autostart({ action: 'kill', all: true, ignoreAuto: true });
     console.log(JSON.stringify({
       order: order.phases, wrong: order.failures.map(({ name, error }) => name + ' ' + error.code), states,
       started: started.map(({ name, error, milliseconds }) => [name, error?.code ?? null, typeof milliseconds]),
       ended: ended.map(({ name, error }) => [name, error]),
     }));`,
  );
  t.deepEqual(told['order'], [['a2', 'a1']]);
  t.deepEqual(told['wrong'], ['bad TLXC_E_CONFIG']);
  t.deepEqual(told['started'], [
    ['bad', 'TLXC_E_CONFIG', 'object'],
    ['a2', null, 'number'],
    ['a1', null, 'number'],
  ]);
  t.deepEqual(told['states'], ['a1 RUNNING', 'a2 RUNNING', 'bad STOPPED', 'm1 STOPPED']);
  t.deepEqual(told['ended'], [
    ['a1', null],
    ['a2', null],
  ]);
});

rooted('what containers use, their processes, and what cannot be saved', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  mkdirSync(join(world.lxcpath, 'u1/rootfs/var/lib/tlxc/in1'), { recursive: true });
  writeFileSync(join(world.lxcpath, 'u1/rootfs/var/lib/tlxc/in1/config'), '');
  const told = await answerOf<Record<string, unknown>>(
    t,
    world,
    `import { Container, meter, TlxcError } from 'tlxc';
     const [u1] = Container.list();
     if (!u1) throw new Error('none is listed');
     const none = (await u1.processes()).length;
     const nested = (await u1.nested()).rows.map(({ name, parents }) => [...parents, name].join('/'));
     await u1.start({ command: ['/bin/sleep', '1000'] });
     const watch = meter();
     const first = watch.look()[0]?.cpuPercent;
     const [second] = watch.look();
     const found = await u1.processes();
     const refused = await u1.checkpoints.save('/nowhere/kept').catch((error: unknown) =>
       error instanceof TlxcError ? [error.code, error.details.problems?.length] : String(error));
     await u1.stop({ how: 'kill' });
     console.log(JSON.stringify({
       none, nested, first, name: second?.name, cpu: typeof second?.cpuPercent, memory: typeof second?.memoryBytes,
       commands: found.map(({ command, insidePid }) => insidePid + ' ' + command), refused,
     }));`,
  );
  t.like(told, { none: 0, first: null, name: 'u1', cpu: 'number', memory: 'number' });
  t.deepEqual(told['nested'], ['u1/in1']);
  t.deepEqual(told['commands'], ['1 /bin/sleep 1000']);
  t.is((told['refused'] as unknown[])[0], 'TLXC_E_UNSUPPORTED');
});

rooted('images are published and served; names from before LXC 3 are rewritten', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const config = join(world.lxcpath, 'u1/config');
  writeFileSync(config, readFileSync(config, 'utf8').replace('lxc.uts.name', 'lxc.utsname'));
  const told = await answerOf<Record<string, unknown>>(
    t,
    world,
    `import { get } from 'node:https';
     import { mkdirSync } from 'node:fs';
     import { Container, Images } from 'tlxc';
     const here = ${JSON.stringify(world.dir)};
     const { changes, problems } = new Container('u1').config.update();
     const images = new Images();
     await images.build({ kind: 'container', name: 'u1' }, { alias: 'own' });
     mkdirSync(here + '/www');
     await images.publish('own', here + '/www', { name: 'own/1' });
     let answer = 0, count = 0, shown = '';
     {
       await using service = await images.serve(here + '/www', { port: 0 });
       count = service.images;
       shown = Object.keys(service.certificate).sort().join();
       answer = await new Promise((resolve, reject) =>
         get(service.url + 'streams/v1/index.json', { rejectUnauthorized: false, agent: false }, (response) => {
           response.resume();
           response.on('end', () => resolve(response.statusCode ?? 0));
         }).on('error', reject));
     }
     const wrong = await images.serve(here + '/nowhere', { port: 0 }).catch(({ code }) => code);
     console.log(JSON.stringify({ changes, problems, answer, count, shown, wrong }));`,
  );
  t.deepEqual(told, {
    ...{ changes: 1, problems: [], answer: 200, count: 1, wrong: 'TLXC_E_USAGE' },
    // The key is the server's alone.
    shown: 'cert,certFile,fingerprint',
  });
});
