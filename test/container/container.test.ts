/** The library as a program uses it: the built package, its types checked, in a world of its own. */
import test from 'ava';
import { Container, ERROR_CODES, TlxcError } from '../../src/index.ts';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';
import { answerOf } from './library/consumer.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

rooted('start, info, events, wait, console, stop, destroy', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const told = await answerOf<Record<string, unknown> & { states: string[]; all: string[] }>(
    t,
    world,
    `import { Container, type ContainerEvent } from 'tlxc';
     const [u1] = Container.list();
     if (!u1) throw new Error('none is listed');
     const events: ContainerEvent[] = [];
     const everything = Container.events();
     const all: string[] = [];
     const following = (async () => { for await (const { name, state } of everything) all.push(name + ' ' + state); })();
     const aborted = new AbortController();
     const waiting = u1.wait('FROZEN', { signal: aborted.signal }).catch(({ name, code }) => name + ' ' + code);
     const before = { state: u1.state, exists: u1.exists, waited: await u1.wait('RUNNING', { timeoutMs: 0 }).catch(({ code }) => code) };
     await u1.start({ command: ['/bin/sleep', '1000'] });
     await u1.wait(['RUNNING', 'STOPPED']);
     aborted.abort();
     const own = (async () => { for await (const event of u1.events()) events.push(event); })();
     const limit = new AbortController();
     const left = (async () => { for await (const _ of u1.follow({ signal: limit.signal })) break; return 'left'; })();
     const { state, pid } = u1.info();
     const console_ = u1.console();
     console_.destroy();
     const frozen = await u1.whileFrozen(() => u1.state);
     u1.cgroup.set('pids.max', '123');
     const pids = u1.cgroup.get('pids.max');
     await u1.stop({ how: 'kill' });
     await own;
     await u1.wait('STOPPED');
     await everything.return();
     await following;
     await u1.destroy();
     console.log(JSON.stringify({
       before, waiting: await waiting, state, pid: typeof pid, frozen, pids, all, left: await left,
       states: events.map(({ state }) => state), exit: events.find(({ exit }) => exit)?.exit, exists: u1.exists,
     }));`,
  );
  t.deepEqual(told['before'], { state: 'STOPPED', exists: true, waited: 'TLXC_E_TIMEOUT' });
  const seen = { waiting: 'AbortError TLXC_E_ABORTED', state: 'RUNNING', pid: 'number', frozen: 'FROZEN' };
  t.like(told, { ...seen, pids: '123', left: 'left', exists: false });
  t.deepEqual(told['exit'], { status: null, signal: 'SIGKILL' });
  t.is(told.states.at(-1), 'STOPPED');
  t.is(told.all[0], 'u1 STARTING');
  t.is(told.all.at(-1), 'u1 STOPPED');
});

rooted('files, configuration, devices, plan, export and import', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config: ['lxc.environment = A=1'] });
  const told = await answerOf<Record<string, unknown>>(
    t,
    world,
    `import { Container, TlxcError, type OnStage } from 'tlxc';
     const here = ${JSON.stringify(world.dir)};
     const u1 = new Container('u1');
     await u1.writeFile('/srv/deep/p', 'grüße\\n', { parents: true, uid: 5, mode: 0o600 });
     const text = (await u1.readFile('/srv/deep/p')).toString();
     await u1.push([here + '/consumer/program.js'], '/srv/p', { uid: 5 });
     await u1.pull(['/srv/p'], here + '/back');
     const none = await u1.readFile('/none').catch(({ code }) => code);
     await u1.config.set('lxc.start.order', '7');
     await u1.config.add('lxc.environment', 'B=2');
     await u1.config.set('lxc.group', ['a', 'b']);
     const wrong = await u1.config.set('lxc.start.order', 'many').catch((error: unknown) =>
       error instanceof TlxcError ? [error.code, error.details.problems?.[0]?.details.at?.file, error.object] : error);
     const groups = await u1.config.getAll('lxc.group');
     await u1.config.remove('lxc.group');
     await u1.devices.add('/dev/null', { target: '/dev/extra', saved: true });
     const values = {
       order: await u1.config.get('lxc.start.order'), all: await u1.config.getAll('lxc.environment'), groups,
       after: await u1.config.getAll('lxc.group'), unknown: await u1.config.get('lxc.start.ordre').catch(({ code }) => code),
       device: u1.config.text().includes('dev/extra'),
     };
     const plan = u1.plan();
     const stages: string[] = [];
     let bytes = () => 0;
     const onStage: OnStage = (stage, gauge) => {
       stages.push(stage);
       if (stage === 'exporting') bytes = () => gauge().done;
     };
     await u1.export(here + '/u1.tar', { compression: 'none', onStage });
     const u2 = await Container.import(here + '/u1.tar', { name: 'u2', trusted: true, onStage });
     const again = (await u2.readFile('/srv/deep/p')).toString();
     const executed = await u2.execute(['sh', '-c', 'echo $A$B; stat -c %u:%a /srv/deep/p'], { start: { defines: ['lxc.uts.name=x'] } });
     console.log(JSON.stringify({ text, none, wrong, values, planned: plan.name, exported: bytes() > 1000, stages, again, executed, state: u2.state }));`,
  );
  const config = `${world.lxcpath}/u1/config`;
  t.deepEqual(told['values'], {
    ...{
      order: '7',
      all: ['A=1', 'B=2'],
      groups: ['a', 'b'],
      after: [],
      unknown: 'TLXC_E_USAGE',
      device: true,
    },
  });
  t.deepEqual(told['wrong'], ['TLXC_E_CONFIG', config, 'u1']);
  t.like(told, {
    text: 'grüße\n',
    none: 'TLXC_E_NOT_FOUND',
    planned: 'u1',
    exported: true,
    stages: ['exporting', 'checking', 'unpacking', 'writing'],
    again: 'grüße\n',
  });
  t.like(told['executed'], { status: 0, stdout: '12\n5:600\n' });
  t.is(told['state'], 'STOPPED');
  await world.sh('cmp consumer/program.js back; test ! -e lxc/u1/.config.checked');
});

rooted('copies, snapshots, throwaways', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const told = await answerOf<Record<string, unknown>>(
    t,
    world,
    `import { Container, type OnStage } from 'tlxc';
     const u1 = new Container('u1');
     const stages: unknown[] = [];
     const onStage: OnStage = (stage, gauge) => void stages.push([stage, typeof gauge().done]);
     const snapshot = await u1.snapshots.take({ onStage });
     await u1.writeFile('/etc/new', 'x');
     const changes = (await u1.snapshots.diff(snapshot)).filter(({ path }) => path === '/etc/new');
     await u1.snapshots.restore(snapshot, { as: 'old', onStage });
     await u1.copy('whole', { onStage });
     await new Container('whole').destroy();
     const old = await new Container('old').readFile('/etc/new').catch(({ code }) => code);
     const taken = u1.snapshots.list().map(({ name }) => name);
     const destroyed = await u1.snapshots.destroyAll();
     const u2 = await u1.copy('u2', { snapshot: true });
     const u3 = await u2.rename('u3');
     let inside = '';
     {
       await using copy = await u1.throwaway({ mounts: [{ type: 'bind', source: '/usr/bin', target: '/mnt', readOnly: true }] });
       inside = (await copy.exec(['sh', '-c', 'test -d /mnt && cat /etc/new'])).stdout + copy.name.slice(0, 3) + copy.state;
     }
     let gone = '';
     try {
       await using made = await Container.throwaway({ template: 'none' });
       gone = made.name;
       throw new Error('a test failed');
     } catch {}
     const names = Container.list().map(({ name }) => name);
     console.log(JSON.stringify({ snapshot, stages, changes, old, taken, destroyed, inside, gone: gone.slice(0, 9), names, u3: u3.exists }));`,
  );
  t.deepEqual(told['changes'], [{ what: 'added', path: '/etc/new' }]);
  t.deepEqual(
    told['stages'],
    ['copying', 'writing', 'copying', 'writing', 'copying', 'writing'].map((stage) => [stage, 'number']),
  );
  t.like(told, { snapshot: 'snap0', old: 'TLXC_E_NOT_FOUND', destroyed: 1, u3: true });
  t.deepEqual(told['taken'], ['snap0']);
  t.like(told, { inside: 'xu1_RUNNING', gone: 'throwaway' });
  t.deepEqual(told['names'], ['old', 'u1', 'u3']);
});

rooted('a scope ends its own container only; a signal that is handled ends no stream', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const told = await answerOf<Record<string, unknown>>(
    t,
    world,
    `import { Container } from 'tlxc';
     const u1 = new Container('u1');
     const events = Container.events();
     let reloads = 0;
     process.on('SIGHUP', () => reloads++);
     process.once('SIGTERM', () => reloads++);
     process.kill(process.pid, 'SIGHUP');
     process.kill(process.pid, 'SIGTERM');
     await new Promise((resolve) => setTimeout(resolve, 50));
     {
       await using first = await u1.throwaway({ name: 'ci' });
       await first.destroy({ force: true });
       await u1.copy('ci', { snapshot: true });
     }
     const first = await events.next();
     await events.return();
     console.log(JSON.stringify({ reloads, left: new Container('ci').exists, state: first.value?.state }));`,
  );
  t.deepEqual(told, { reloads: 2, left: true, state: 'STARTING' });
});

rooted('twenty at once, in one process', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u0');
  const told = await answerOf<{ sums: number; all: number; left: number; state: string[] }>(
    t,
    world,
    `import { Container } from 'tlxc';
     const source = new Container('u0');
     const names = Array.from({ length: 20 }, (_, index) => 'f' + (index + 1));
     const fleet = await Promise.all(names.map((name) => source.copy(name)));
     const waits = fleet.map((one) => one.wait('RUNNING'));
     await Promise.all(fleet.map((one) => one.start({ command: ['/bin/sleep', '1000'] })));
     await Promise.all(waits);
     // More than Node has threads, and all of them at the same time.
     const results = await Promise.all(fleet.map((one, index) => one.exec(['sh', '-c', 'sleep 1; echo ' + index])));
     const state = [...new Set(fleet.map((one) => one.state))];
     await Promise.all(fleet.map((one) => one.stop({ how: 'kill' })));
     await Promise.all(fleet.map((one) => one.destroy()));
     const sums = results.reduce((sum, { stdout }) => sum + Number(stdout), 0);
     console.log(JSON.stringify({ sums, all: results.length, left: Container.list().length, state }));`,
  );
  t.deepEqual(told, { sums: 190, all: 20, left: 1, state: ['RUNNING'] });
});

test('errors have a stable code, an object and a hint', async (t) => {
  const none = { lxcpath: '/nonexistent' };
  const name = t.throws(() => new Container('../x', none), { instanceOf: TlxcError });
  t.is(name.code, 'TLXC_E_NAME');
  t.regex(name.hint ?? '', /a name is 1 to 63/);
  const u1 = new Container('u1', none);
  t.is(u1.info().state, 'STOPPED');
  t.false(u1.exists);
  t.is((await t.throwsAsync(u1.start(), { instanceOf: TlxcError })).code, 'TLXC_E_NOT_FOUND');
  t.like(await t.throwsAsync(u1.stop(), { instanceOf: TlxcError }), {
    code: 'TLXC_E_NOT_RUNNING',
    object: 'u1',
  });
  t.like(await t.throwsAsync(u1.exec(['true']), { instanceOf: TlxcError }), {
    ...{ code: 'TLXC_E_NOT_FOUND', object: 'u1' },
    hint: 'there is no directory /nonexistent: tlxc-create makes it with a first container, or name another store (-P)',
  });
  t.is(
    (await t.throwsAsync(u1.config.set('lxc.group', 'x'), { instanceOf: TlxcError })).code,
    'TLXC_E_NOT_FOUND',
  );
  t.deepEqual(Container.list(none), []);
  for (const [code, meaning] of Object.entries(ERROR_CODES))
    t.true(/^TLXC_E_[A-Z_]+$/.test(code) && meaning.length > 10);
});

rooted('paths of the host may be relative; what no state is called and no template is refused', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const told = await answerOf<Record<string, unknown>>(
    t,
    world,
    `import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
    import { Container } from 'tlxc';
    process.chdir(${JSON.stringify(world.dir)});
    const u1 = new Container('u1');
    mkdirSync('tree/deep', { recursive: true });
    writeFileSync('tree/deep/file', 'from here');
    await u1.push(['tree/deep/file'], '/one');
    await u1.push(['tree/.'], '/srv', { recursive: true, parents: true });
    await u1.pull(['/one'], 'tree/back');
    await u1.export('tree/u1.tar.zst');
    const again = await Container.import('tree/u1.tar.zst', { name: 'u2' });
    const failure = (work: Promise<unknown>) =>
      work.then(() => null, ({ code, message }) => [code, message]);
    console.log(JSON.stringify({
      one: (await u1.readFile('/one')).toString(),
      file: (await again.readFile('/srv/deep/file')).toString(),
      back: readFileSync('tree/back', 'utf8'),
      here: readdirSync('tree').sort(),
      state: await failure(u1.wait('STOPED' as never)),
      template: await failure(Container.create('u3', {} as never)),
      directory: await failure(u1.writeFile('/no/where/file', 'x')),
    }));`,
  );
  t.deepEqual(told, {
    ...{ one: 'from here', file: 'from here', back: 'from here', here: ['back', 'deep', 'u1.tar.zst'] },
    state: ['TLXC_E_USAGE', "invalid state 'STOPED' (did you mean STOPPED?)"],
    template: ['TLXC_E_USAGE', 'a container is created from a template, and none is given'],
    directory: ['TLXC_E_NOT_FOUND', 'there is no directory /no/where'],
  });
});
