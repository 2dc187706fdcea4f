/** exec: a promise that is also a process. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';
import { answerOf, compileProgram } from './consumer.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

const BEGIN = `
  import { CommandError, Container, TlxcError } from 'tlxc';
  const u1 = new Container('u1');
  await u1.start({ command: ['/bin/sleep', '1000'] });
  const failure = async (work: PromiseLike<unknown>) => {
    try { await work; } catch (error) {
      if (error instanceof CommandError) {
        const { name, code, message, object, hint, status, signal, stdout } = error;
        return { name, code, message, object, hint, status, signal, stdout };
      }
      if (error instanceof TlxcError) return { code: error.code, message: error.message };
      throw error;
    }
    return null;
  };
`;
const END = `
  await u1.stop({ how: 'kill' });
  console.log(JSON.stringify(told));
`;

rooted('exec: results, failures, streams, environment', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  await world.sh(
    "printf 'root:x:0:0:root:/root:/bin/sh\\nann:x:1000:1001::/home/ann:/bin/sh\\n' > lxc/u1/rootfs/etc/passwd;" +
      "printf 'root:x:0:\\nann:x:1001:\\nwheel:x:10:ann\\n' > lxc/u1/rootfs/etc/group",
  );
  const told = await answerOf<Record<string, unknown> & { environment: string }>(
    t,
    world,
    `${BEGIN}
    const sh = (line: string) => ['sh', '-c', line] as const;
    const piped = u1.exec(['tr', 'a-z', 'A-Z'], { stdin: 'pipe', stdout: 'pipe' });
    let upper = '';
    piped.stdout?.setEncoding('utf8').on('data', (text: string) => (upper += text));
    piped.stdin?.write('one ');
    piped.stdin?.end('two');
    const told = {
      well: await u1.exec([...sh('echo out; echo problem >&2')]),
      unchecked: await u1.exec([...sh('exit 3')], { check: false }),
      killed: await u1.exec([...sh('kill -9 $$')], { check: false }),
      failed: await failure(u1.exec([...sh("echo half; echo 'no luck' >&2; exit 3")])),
      missing: await failure(u1.exec(['no-such-program'])),
      stranger: await failure(u1.exec(['true'], { user: 'bob' })),
      ann: (await u1.exec(['id'], { user: 'ann' })).stdout,
      wheel: (await u1.exec(['id'], { user: 'ann:wheel' })).stdout,
      environment: (await u1.exec(['env'], { user: 'ann', env: { A: 'b' } })).stdout,
      cwd: (await u1.exec(['pwd'], { cwd: '/etc' })).stdout,
      input: (await u1.exec(['cat'], { input: 'grüße' })).stdout,
      large: (await u1.exec(['cat'], { stdin: Buffer.alloc(3_000_000, 'x') })).stdout.length,
      pipedStatus: (await piped).status, upper,
    };
    ${END}`,
  );
  t.deepEqual(told['well'], { status: 0, signal: null, stdout: 'out\n', stderr: 'problem\n' });
  t.deepEqual(told['unchecked'], { status: 3, signal: null, stdout: '', stderr: '' });
  t.like(told['killed'], { status: null, signal: 'SIGKILL' });
  t.like(told['failed'], {
    ...{ name: 'TlxcError', code: 'TLXC_E_COMMAND', object: 'u1', status: 3, stdout: 'half\n' },
    message: `sh -c 'echo half; echo '\\''no luck'\\'' >&2; exit 3': exit status 3: no luck`,
  });
  t.like(told['missing'], { code: 'TLXC_E_COMMAND', status: 127 });
  t.like(told['stranger'], { code: 'TLXC_E_NOT_FOUND', message: 'the container has no user "bob"' });
  t.is(told['ann'], 'uid=1000(ann) gid=1001(ann) groups=10(wheel)\n');
  t.is(told['wheel'], 'uid=1000(ann) gid=10(wheel)\n');
  const environment = told.environment.split('\n');
  for (const line of ['A=b', 'container=lxc', 'HOME=/home/ann', 'USER=ann'])
    t.true(environment.includes(line), line);
  t.false(environment.some((line) => line.startsWith('TLXC_CONF')));
  t.like(told, { cwd: '/etc\n', input: 'grüße', large: 3_000_000, pipedStatus: 0, upper: 'ONE TWO' });
});

rooted('exec: kill, timeout, abort, terminal, too much output', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const told = await answerOf<Record<string, unknown> & { terminal: string; resized: string }>(
    t,
    world,
    `${BEGIN}
    const sleeper = u1.exec(['sh', '-c', 'sleep 1000; true'], { check: false });
    setTimeout(() => sleeper.kill(), 50);
    const controller = new AbortController();
    const aborted = failure(u1.exec(['sleep', '1000'], { signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 50);
    const deaf = failure(u1.exec(['sh', '-c', 'trap "" TERM; (sleep 1000 &) ; sleep 1000'], { timeoutMs: 200, killSignal: 'SIGKILL' }));
    const shell = u1.exec(['sh'], { tty: { rows: 33, columns: 99 }, stdin: 'pipe' });
    shell.stdin?.write('stty size; tty; exit 4\\n');
    const resized = u1.exec(['sh', '-c', 'read x; stty size'], { tty: true, stdin: 'pipe' });
    const isResized = resized.resize({ rows: 11, columns: 22 });
    resized.stdin?.write('\\n');
    const terminal = await failure(shell);
    const told = {
      killed: await sleeper, killedAgain: sleeper.kill(),
      aborted: await aborted,
      abortedBefore: await failure(u1.exec(['sleep', '1000'], { signal: AbortSignal.abort() })),
      timeout: await deaf,
      terminal: terminal?.stdout, status: terminal?.status,
      isResized, resized: (await resized).stdout,
      overflow: await failure(u1.exec(['yes'], { maxCapture: 100_000 })),
      nowhere: await u1.exec(['sh', '-c', 'echo 1; echo 2 >&2'], { stdout: 'ignore', stderr: 'ignore' }),
    };
    ${END}`,
  );
  t.like(told['killed'], { status: null, signal: 'SIGTERM' });
  t.is(told['killedAgain'], false);
  t.like(told['aborted'], {
    ...{ name: 'AbortError', code: 'TLXC_E_ABORTED', message: 'sleep 1000: was aborted' },
    signal: 'SIGTERM',
  });
  t.like(told['abortedBefore'], { name: 'AbortError', code: 'TLXC_E_ABORTED' });
  t.like(told['timeout'], {
    code: 'TLXC_E_TIMEOUT',
    signal: 'SIGKILL',
    hint: 'timeoutMs gives it longer',
  });
  t.regex(told.terminal, /33 99\r\n\/dev\/pts\/\d+\r\n/);
  t.is(told['status'], 4);
  t.true(told['isResized']);
  t.regex(told.resized, /11 22/);
  t.like(told['overflow'], {
    code: 'TLXC_E_COMMAND',
    message: 'yes: printed more than is captured (maxCapture)',
  });
  t.deepEqual(told['nowhere'], { status: 0, signal: null, stdout: '', stderr: '' });
});

rooted('exec: what a command with a terminal prints last arrives, however busy the program is', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const told = await answerOf<{ endings: Record<string, number> }>(
    t,
    world,
    `${BEGIN}
    const endings: Record<string, number> = {};
    const print = 'i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); done';
    for (let round = 0; round < 5; round += 1) {
      const commands = Array.from({ length: 10 }, () => u1.exec(['sh', '-c', print], { tty: true }));
      const ends = Promise.all(commands);
      let all = false;
      void ends.then(() => (all = true));
      while (!all) {
        for (const until = performance.now() + 2; performance.now() < until; );
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const { stdout } of await ends) endings[stdout.slice(-7)] = (endings[stdout.slice(-7)] ?? 0) + 1;
    }
    const told = { endings };
    ${END}`,
  );
  t.deepEqual(told.endings, { '\r\n299\r\n': 50 });
});

rooted('exec: a terminal that is opened again keeps nobody waiting', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const told = await answerOf<{ longest: number; ended: number }>(
    t,
    world,
    `${BEGIN}
    let [last, longest] = [performance.now(), 0];
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 50);
    // Closed, and opened again by another process at any moment after.
    const again = (pause: string) =>
      'T=$(tty); (exec </dev/null >/dev/null 2>&1; usleep ' + pause + '; exec sleep 20 <>$T) & exec </dev/null >/dev/null 2>&1';
    const ends = await Promise.all(
      Array.from({ length: 60 }, (_, index) => u1.exec(['sh', '-c', again(String(index * 50))], { tty: true })),
    );
    clearInterval(beat);
    const told = { longest, ended: ends.length };
    ${END}`,
  );
  t.is(told.ended, 60);
  t.true(told.longest < 5000, `nothing else was done for ${told.longest} ms`);
});

rooted('exec: what it does not wait for, hand over or believe', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const told = await answerOf<
    Record<string, unknown> & { hostile: { message: string }; frozen: { ms: number } }
  >(
    t,
    world,
    `${BEGIN}
    import { createWriteStream } from 'node:fs';
    const begun = Date.now();
    const endless = u1.exec(['sleep', '1000'], { timeoutMs: 300 });
    await u1.freeze();
    const frozen = { ...(await failure(endless)), ms: Date.now() - begun };
    u1.thaw();
    const full = failure(u1.exec(['sh', '-c', 'echo x; sleep 1000'], { stdout: createWriteStream('/dev/full') }));
    await u1.exec(['truncate', '-s', '100000000', '/root/holes']);
    const told = {
      frozen,
      full: await full,
      hostile: await failure(u1.exec(['sh', '-c', "printf 'a\\\\033]52;x\\\\007b' >&2; exit 1"])),
      large: await u1.readFile('/root/holes', { maxBytes: 1000 }).catch(({ code }) => code),
    };
    ${END}`,
  );
  t.like(told.frozen, { code: 'TLXC_E_TIMEOUT' });
  t.true(told.frozen.ms < 30_000);
  t.like(told['full'], { code: 'TLXC_E_COMMAND', signal: 'SIGKILL' });
  t.true(told.hostile.message.endsWith('exit status 1: a\\x1b]52;x\\x07b'), told.hostile.message);
  t.is(told['large'], 'TLXC_E_STORAGE');
});

rooted(
  'exec: a terminal of the program is not given to the container, what is printed reaches it',
  async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'u1');
    const program = `${BEGIN}
    const inside = 'for fd in 0 1 2; do test -t $fd && echo terminal $fd; done; echo seen; echo too >&2';
    await u1.exec(['sh', '-c', inside], { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' });
    await u1.stop({ how: 'kill' });`;
    const directory = join(world.dir, 'consumer');
    mkdirSync(directory);
    compileProgram(t, directory, program);
    const { stdout, code } = await world.run('script', '-qec', `node ${directory}/program.js`, '/dev/null');
    t.is(code, 0, stdout);
    t.deepEqual(stdout.trim().split(/\r?\n/).sort(), ['seen', 'too']);
  },
);

rooted(
  'exec: what only JavaScript can ask for is refused before anything runs, and why is said',
  async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'u1');
    const told = await answerOf<Record<string, unknown>>(
      t,
      world,
      `${BEGIN}
    const words = async (argv: unknown, options: object = {}) =>
      ((await failure(u1.exec(argv as [string], options))) ?? { message: 'it ran' }).message;
    const told = {
      line: await words('ls -l'),
      none: await words([]),
      number: await words(['sleep', 1]),
      nul: await words(['echo', 'a\\0b']),
      variable: await words(['true'], { env: { 'A=B': 'c' } }),
      value: await words(['true'], { env: { A: 'b\\0c' } }),
      never: await words(['true'], { timeoutMs: NaN }),
      stop: await u1.stop({ timeoutMs: 'soon' as never }).catch(({ code, message }) => [code, message]),
      cwd: await words(['true'], { cwd: '/nowhere' }),
      undefined: (await u1.exec(['env'], { env: { A: undefined, B: 'c' } })).stdout,
      infinity: (await u1.exec(['sh', '-c', 'sleep 0.2; echo yes'], { timeoutMs: Infinity })).stdout,
      forEver: (await u1.exec(['sh', '-c', 'sleep 0.2; echo yes'], { timeoutMs: -1 })).stdout,
      month: (await u1.exec(['sh', '-c', 'sleep 0.2; echo yes'], { timeoutMs: 3e9 })).stdout,
    };
    ${END}`,
    );
    t.like(told, {
      line: "exec: a command is a list of at least one word, not 'ls -l'",
      none: 'exec: a command is a list of at least one word, not []',
      number: 'exec: word 1 of the command is no string',
      nul: 'exec: word 1 of the command has a NUL character in it',
      variable: "exec: env: no variable can be called 'A=B'",
      value: 'exec: env: the value of A has a NUL character in it',
      never: 'timeoutMs: NaN is no number of milliseconds',
      stop: ['TLXC_E_USAGE', 'timeoutMs: soon is no number of milliseconds'],
      cwd: 'cannot change to the directory /nowhere (chdir): no such file or directory',
      ...{ infinity: 'yes\n', forEver: 'yes\n', month: 'yes\n' },
    });
    t.regex(String(told['undefined']), /^B=c$/m);
    t.notRegex(String(told['undefined']), /^A=/m);
  },
);
