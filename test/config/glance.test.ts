import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asGlance, glanceAt } from '../../src/config/glance.ts';
import { load, scratch } from './scratch.ts';

const glance = (t: ExecutionContext, config: string, more: Readonly<Record<string, string>> = {}) =>
  glanceAt({ configFile: join(scratch(t, { config, ...more }), 'config'), environment: {} });

test('it tells what the whole configuration would, from includes and old names too', (t) => {
  const idmaps = ['u', 'g'].map((kind) => `lxc.id_map = ${kind} 0 100000 65536\n`).join('');
  const common = 'lxc.group = a b\nlxc.start.delay = 3\nlxc.start.order = 9\n';
  const config = `lxc.include = common\n${idmaps}lxc.start.auto = 1\nlxc.start.order = 2\ntlxc.start.after = db\n`;
  const file = join(scratch(t, { config, common }), 'config');
  const seen = glanceAt({ configFile: file, environment: {} });
  t.deepEqual(seen, asGlance(load(file)));
  t.like(seen, { unprivileged: true, groups: ['a', 'b'], start: { auto: true, delay: 3, order: 2 } });
});

test('other values are not looked at', (t) => {
  const seen = glance(t, 'lxc.tty.max = many\nlxc.net.0.flags = up\nlxc.group = g\n');
  t.like(seen, { groups: ['g'], unprivileged: false });
});

test('what may mean something else is not told', (t) => {
  t.is(glance(t, 'lxc.start.auto = yes\n'), null);
  t.is(glance(t, 'lxc.strat.auto = 1\n'), null);
  t.is(glance(t, 'lxc.start.auto\n'), null);
  t.is(glance(t, 'lxc.include = missing\n'), null);
  t.is(glance(t, 'lxc.include = a\n', { a: 'lxc.include = a\n' }), null);
});
