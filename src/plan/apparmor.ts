/** lxc.apparmor.*: the label that the container's init enters, and the profile generated for it. */
import { join } from 'node:path';
import { profileText } from './apparmor-profile.ts';
import { fingerprint } from './fingerprint.ts';
import { originOf, type Compilation } from './input.ts';
import type { Security } from './types.ts';

type Confinement = Pick<Security, 'apparmorProfile' | 'apparmorGenerated'>;

/** Profiles that LXC ships and its shared configuration names: their containers start without AppArmor, too. */
const LXC_PROFILES = 'lxc-container-';

/** What LXC confines a container with whose configuration does not speak of AppArmor. */
const LXC_DEFAULT = `${LXC_PROFILES}default-cgns`;

/** As LXC counts: a name with the longest prefix that something puts before it stays below the kernel's 255. */
const LONGEST_NAME = 246;

const NOT_ENABLED = 'AppArmor is not enabled on this host';
const NOT_HERE = 'in this unprivileged container no profile can be loaded';

export function compileAppArmor(compilation: Compilation): Confinement {
  warnOfRules(compilation);
  if (!compilation.host.apparmor) {
    checkWithout(compilation);
    return entering('');
  }
  if (compilation.config.apparmor.profile?.value === 'generated')
    // As without AppArmor. What holds the container that this is holds those in it, too.
    return compilation.host.apparmorFeatures.loads ? generate(compilation) : entering('');
  return confined(compilation, label(compilation));
}

const entering = (apparmorProfile: string): Confinement => ({ apparmorProfile, apparmorGenerated: null });

/** lxc.apparmor.raw where nothing reads it. */
function warnOfRules({ config, host, findings }: Compilation): void {
  const { profile, raw } = config.apparmor;
  if (raw[0] === undefined) return;
  if (profile?.value !== 'generated')
    findings.warn(raw[0].at, 'lxc.apparmor.raw does nothing: lxc.apparmor.profile is not generated');
  else if (!host.apparmor) findings.warn(raw[0].at, `lxc.apparmor.raw does nothing: ${NOT_ENABLED}`);
  else if (!host.apparmorFeatures.loads)
    findings.warn(raw[0].at, `lxc.apparmor.raw does nothing: ${NOT_HERE}`);
}

function checkWithout({ config, findings }: Compilation): void {
  const { profile } = config.apparmor;
  if (profile === undefined || ['unconfined', 'unchanged', 'generated'].includes(profile.value)) return;
  if (profile.value.startsWith(LXC_PROFILES))
    findings.warn(
      profile.at,
      `lxc.apparmor.profile: ${NOT_ENABLED}, the container runs without ${profile.value}`,
    );
  else
    findings.refuse(
      profile.at,
      `lxc.apparmor.profile: ${profile.value} cannot be entered, ${NOT_ENABLED}; write "unconfined" to start without`,
    );
}

/** Of a profile that is loaded already. */
function label({ config, host, findings }: Compilation): string {
  const { profile } = config.apparmor;
  if (profile === undefined) {
    if (host.apparmorProfiles.includes(LXC_DEFAULT)) return LXC_DEFAULT;
    findings.warn(
      undefined,
      `lxc.apparmor.profile is not set and ${LXC_DEFAULT} is not loaded, the container runs unconfined; write "unconfined" to start so without this warning`,
    );
    return '';
  }
  if (profile.value === 'unchanged') return '';
  // Who is unconfined already stays so by doing nothing.
  if (profile.value === 'unconfined' && host.apparmorFeatures.label === 'unconfined') return '';
  return profile.value;
}

/** The label, if this host can hold the container to it. */
function confined({ config, host, findings }: Compilation, apparmorProfile: string): Confinement {
  const { profile, allowIncomplete } = config.apparmor;
  const { label: own, stacking, mounts } = host.apparmorFeatures;
  if (apparmorProfile === '' || apparmorProfile === 'unconfined') return entering(apparmorProfile);
  if (!stacking && own !== 'unconfined' && own !== apparmorProfile)
    findings.refuse(
      profile?.at,
      `lxc.apparmor.profile: this process is held by ${own} and cannot change to ${apparmorProfile}; write "unchanged" to stay in the first`,
    );
  const partly = `this kernel's AppArmor has no rules for mounts, which ${apparmorProfile} counts on`;
  if (!mounts && allowIncomplete) findings.warn(profile?.at, `lxc.apparmor.profile: ${partly}`);
  else if (!mounts)
    findings.refuse(
      profile?.at,
      `lxc.apparmor.profile: ${partly}; lxc.apparmor.allow_incomplete = 1 starts all the same`,
    );
  return entering(apparmorProfile);
}

/** Named as LXC names it, so that its tools and an administrator's rules find it. */
function generate(compilation: Compilation): Confinement {
  const { config, host, system, findings } = compilation;
  const { profile, raw, allowNesting } = config.apparmor;
  const { parser, stacking } = host.apparmorFeatures;
  if (host.uid !== 0)
    findings.refuse(
      profile?.at,
      'lxc.apparmor.profile: only root can load a generated profile; name one that is loaded, or write "unconfined"',
    );
  else if (parser === '')
    findings.refuse(
      profile?.at,
      'lxc.apparmor.profile: there is no apparmor_parser to load a generated profile; apt-get install apparmor brings it, "unconfined" starts without',
    );
  const name = generatedName(config.name, config.lxcpath);
  const namespace = stacking ? policyNamespace(name) : '';
  const traits = { name, namespace, privileged: config.idmap.length === 0, nesting: allowNesting };
  const file = join(config.lxcpath, config.name, 'apparmor', policyNamespace(name));
  const apparmorGenerated = {
    ...{ name, namespace, file, text: profileText({ ...traits, raw: raw.map(({ value }) => value) }) },
    load: [parser, '-rWL', join(system.cacheDir, 'apparmor'), file],
    origin: originOf(profile?.at),
  };
  const { apparmorProfile } = confined(compilation, stacking ? `${name}//&:${namespace}:` : name);
  return { apparmorProfile, apparmorGenerated };
}

/** Its policy namespace's name, and its file's. */
export const policyNamespace = (profile: string): string => profile.replaceAll('/', '-');

/** lxc-NAME_<LXCPATH> */
export function generatedName(container: string, lxcpath: string): string {
  const name = `lxc-${container}_<${lxcpath}>`;
  return name.length > LONGEST_NAME ? `lxc-${container}_${fingerprint(name)}` : name;
}
