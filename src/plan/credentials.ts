/**
 * tlxc.credential.*: files in memory that init alone reads, where systemd looks for what its container manager tells it
 * (systemd.io/CONTAINER_INTERFACE): /run/host/credentials, named by $CREDENTIALS_DIRECTORY.
 */
import type { Credential, Sourced } from '../config/model.ts';
import { HIDDEN } from '../config/secret.ts';
import { NO_ORIGIN, originOf, type Compilation } from './input.ts';
import { filesystemStep } from './mount-steps.ts';
import type { StartPlan, TreeStep } from './types.ts';

const TARGET = 'run/host/credentials';
const CREDENTIALS_VARIABLE = 'CREDENTIALS_DIRECTORY';
/** systemd's, for all of them together. */
const LARGEST = 1024 * 1024;
/** Inits that mount a /run of their own, and would lay it over ours; they leave one that is there. */
const INIT = /(^|\/)(init|systemd)$/;

type CredentialStep = Extract<TreeStep, { op: 'credentials' }>;

const wanted = ({ config: { credentials } }: Compilation): readonly Sourced<Credential>[] => credentials;

export const credentialEnvironment = (compilation: Compilation): string[] =>
  wanted(compilation).length === 0 ? [] : [`${CREDENTIALS_VARIABLE}=/${TARGET}`];

/** They are init's: a service manager hands them on. */
export const withoutCredentials = (environment: readonly string[]): string[] =>
  environment.filter((each) => !each.startsWith(`${CREDENTIALS_VARIABLE}=`));

/** Before the configuration's own mounts, which may lie in it; where one is /run itself, that is it. */
export function runFilesystem(compilation: Compilation): TreeStep[] {
  const { config, options } = compilation;
  const entries = [...config.fstabEntries, ...config.mountEntries];
  if (wanted(compilation).length === 0 || entries.some(({ value }) => value.target === 'run')) return [];
  const [program = '/sbin/init'] = options.command ?? config.init.cmd?.value ?? [];
  if (options.initProgram !== undefined || !INIT.test(program)) return [];
  const attributes = ['nosuid', 'nodev', 'strictatime'];
  return [
    filesystemStep({
      fstype: 'tmpfs',
      target: 'run',
      attributes,
      options: ['mode=755', 'size=20%'],
      origin: NO_ORIGIN,
    }),
  ];
}

function contentOf({ value, at }: Sourced<Credential>, { files, findings }: Compilation): Buffer {
  if (value.text !== undefined) return Buffer.from(value.text);
  const read = files.credentials?.[value.name];
  if (read instanceof Uint8Array) return Buffer.from(read);
  findings.refuse(at, `tlxc.credential.load.${value.name}: ${read?.why ?? 'it was not read'}`);
  return Buffer.alloc(0);
}

/** After them, so that nothing is mounted over it. */
export function credentialFiles(compilation: Compilation): TreeStep[] {
  const all = wanted(compilation);
  const { config, findings } = compilation;
  if (all.length === 0) return [];
  const twice = all.find(({ value }, at) => all.findIndex((one) => one.value.name === value.name) < at);
  if (twice) findings.refuse(twice.at, `the credential ${twice.value.name} is given by set and by load`);
  const contents = all.map((each) => ({ ...each, bytes: contentOf(each, compilation) }));
  const size = contents.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size > LARGEST)
    findings.refuse(
      contents.at(-1)?.at,
      `all credentials together are ${size} bytes long, and have at most 1 MiB`,
    );
  const { uid, gid } = config.init;
  const files = contents.map(({ value, bytes }) => ({ name: value.name, contents: bytes.toString('hex') }));
  return [{ op: 'credentials', target: TARGET, uid, gid, files, origin: originOf(all[0]?.at) }];
}

const isCredentials = (step: TreeStep): step is CredentialStep => step.op === 'credentials';

/** The plan as people and logs may see it: without what is said in confidence. */
export const withoutSecrets = (plan: StartPlan): StartPlan => ({
  ...plan,
  tree: plan.tree.map((step) =>
    isCredentials(step)
      ? { ...step, files: step.files.map((file) => ({ ...file, contents: HIDDEN })) }
      : step,
  ),
});
