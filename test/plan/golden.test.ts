/**
 * Configuration texts and the plans they must give, to be read side by side: golden/NAME.conf and golden/NAME.HOST.plan.
 * After an intended change, TLXC_UPDATE_GOLDEN=1 writes the plans anew; read the difference before it is kept.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Value } from '@sinclair/typebox/value';
import test from 'ava';
import { loadContainerConfig } from '../../src/config/load.ts';
import { readConfigFile } from '../../src/config/read-file.ts';
import type { HostFacts } from '../../src/host/facts.ts';
import { StartPlan as schema } from '../../src/plan/schema.ts';
import { compileStartPlan } from '../../src/plan/start-plan.ts';
import type { Origin, StartPlan } from '../../src/plan/types.ts';
import { hybridHost, options, system, v1Host, v2Host } from './sample.ts';

const HERE = fileURLToPath(new URL('golden/', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
/** Cgroups are where hosts differ; so these three configurations are compiled for each kind. */
const EVERYWHERE = ['lxc-debian', 'privileged', 'unprivileged'];
const WIDTH = 320;
const HOSTS: Readonly<Record<string, HostFacts>> = { hybrid: hybridHost, v1: v1Host, v2: v2Host };

function compile(name: string, host: HostFacts): StartPlan {
  const request = {
    name: 'box',
    lxcpath: '/var/lib/tlxc',
    configFile: `${HERE}${name}.conf`,
    environment: {},
  };
  const config = loadContainerConfig(request);
  const path = config.seccomp.profile?.value;
  const seccompProfile = path === undefined ? undefined : { path, ...readConfigFile(path) };
  return compileStartPlan({
    config,
    host,
    system,
    options: { ...options, runDir: '/run/tlxc/key/box' },
    files: { seccompProfile },
  }).plan;
}

/** A plan as text to be read, without what differs from place to place and what only another comment would change. */
function printed(plan: StartPlan): string {
  const seccomp = plan.security.seccomp && { ...plan.security.seccomp, rules: '…', cache: '…' };
  const shown = {
    ...plan,
    inputs: plan.inputs.map((input) => input.path),
    security: { ...plan.security, seccomp },
  };
  const brief = JSON.stringify(shown, (key, value: Origin) => (key === 'origin' ? place(value) : value));
  // Before what fits a line is measured: the plans are the same wherever the package lies.
  return `${lines(JSON.parse(brief.replaceAll(HERE, '').replaceAll(PACKAGE, '')))}\n`;
}

/** FILE:LINE KEY; no line in the files that TLXC ships. */
function place({ file, line, key }: Origin): string {
  if (file === '') return key;
  return `${file.startsWith(PACKAGE) && !file.startsWith(HERE) ? file : `${file}:${line}`} ${key}`;
}

/** What fits a line is one. */
function lines(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value);
  if (typeof value !== 'object' || value === null || (indent !== '' && flat.length < WIDTH)) return flat;
  const deeper = `${indent}  `;
  const inner = Array.isArray(value)
    ? value.map((each) => `${deeper}${lines(each, deeper)}`)
    : Object.entries(value).map(([key, each]) => `${deeper}${key}: ${lines(each, deeper)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return [open, ...inner, `${indent}${close}`].join('\n');
}

for (const file of readdirSync(HERE).filter((each) => each.endsWith('.conf'))) {
  const name = file.slice(0, -'.conf'.length);
  for (const [hostName, host] of Object.entries(HOSTS)) {
    if (hostName !== 'hybrid' && !EVERYWHERE.includes(name)) continue;
    test(`${name} on a ${hostName} host`, (t) => {
      const plan = compile(name, host);
      t.true(Value.Check(schema, plan), [...Value.Errors(schema, plan)].map((each) => each.path).join());
      const golden = `${HERE}${name}.${hostName}.plan`;
      if (process.env['TLXC_UPDATE_GOLDEN']) writeFileSync(golden, printed(plan));
      t.is(printed(plan), readFileSync(golden, 'utf8'));
    });
  }
}
