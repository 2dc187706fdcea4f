/** The library as a program uses it: the built package, in a world of its own. */
import test from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Container, TlxcError } from '../../src/index.ts';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

rooted('start, exec, info, events, stop, destroy', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const program = join(world.dir, 'program.mjs');
  writeFileSync(
    program,
    `import { Container } from '${built}';
     const [u1] = Container.list();
     const states = [];
     await u1.start({ command: ['/bin/sleep', '1000'] });
     const following = (async () => { for await (const { state } of u1.events()) states.push(state); })();
     const told = await u1.exec(['sh', '-c', 'hostname; echo problem >&2; exit 3'], { environment: { A: 'b' } });
     const missing = await u1.exec(['no-such-program']).catch(({ code }) => ({ code }));
     const environment = await u1.exec(['env'], { environment: { A: 'b' } });
     const { state, pid } = u1.info();
     await u1.stop({ how: 'kill' });
     await following;
     await u1.destroy();
     console.log(JSON.stringify({
       told, missing: missing.exitCode, environment: environment.stdout.split('\\n').sort(),
       state, pid: typeof pid, states, left: Container.list().length,
     }));`,
  );
  const { code, stdout, stderr } = await world.run('node', program);
  t.is(stderr, '');
  t.is(code, 0);
  const result = JSON.parse(stdout) as Record<string, unknown> & { states: string[]; environment: string[] };
  t.deepEqual(result['told'], { exitCode: 3, stdout: 'u1\n', stderr: 'problem\n' });
  t.is(result['missing'], 127);
  t.true(result.environment.includes('A=b') && result.environment.includes('container=lxc'));
  t.false(result.environment.some((line) => line.startsWith('TLXC_CONF')));
  t.like(result, { state: 'RUNNING', pid: 'number', left: 0 });
  t.is(result.states.at(-1), 'STOPPED');
});

rooted('push, pull and export', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const program = join(world.dir, 'program.mjs');
  writeFileSync(
    program,
    `import { Container } from '${built}';
     const u1 = new Container('u1');
     await u1.push(['${program}'], '/srv/p', { parents: true, uid: 5 });
     await u1.pull(['/srv/p'], '${world.dir}/back');
     await u1.export('${world.dir}/u1.tar', { compression: 'none' });
     await u1.pull(['/none'], '${world.dir}/none').catch(({ code }) => console.log(code));`,
  );
  const { code, stdout, stderr } = await world.run('node', program);
  t.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'TLXC_E_NOT_FOUND\n', stderr: '' });
  await world.sh(
    'cmp program.mjs back; tar -tf u1.tar rootfs/srv/p tlxc/checksum.json > listed; tlxc-import -N u2 u1.tar',
  );
  t.is(await world.sh('stat -c %u lxc/u2/rootfs/srv/p'), '5\n');
});

test('errors have a stable code', async (t) => {
  const none = { lxcpath: '/nonexistent' };
  t.is(t.throws(() => new Container('../x', none), { instanceOf: TlxcError }).code, 'TLXC_E_NAME');
  const u1 = new Container('u1', none);
  t.is(u1.info().state, 'STOPPED');
  t.is((await t.throwsAsync(u1.start(), { instanceOf: TlxcError })).code, 'TLXC_E_NOT_FOUND');
  t.is((await t.throwsAsync(u1.stop(), { instanceOf: TlxcError })).code, 'TLXC_E_NOT_RUNNING');
  t.deepEqual(Container.list(none), []);
});
