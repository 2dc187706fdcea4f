/** lxc.apparmor.*: the profile that the container's init enters; "" for none. */
import type { Compilation } from './input.ts';

/** Profiles that LXC ships and its shared configuration names: their containers start without AppArmor, too. */
const LXC_PROFILES = 'lxc-container-';

/** What LXC confines a container with whose configuration does not speak of AppArmor. */
const LXC_DEFAULT = `${LXC_PROFILES}default-cgns`;

/** LXC's own for what lxc.apparmor.allow_nesting generates: systemd boots in it. */
const LXC_NESTING = `${LXC_PROFILES}default-with-nesting`;

export function compileAppArmor(compilation: Compilation): string {
  return compilation.host.apparmor ? profileOf(compilation) : withoutAppArmor(compilation);
}

function profileOf({ config, host, findings }: Compilation): string {
  const { profile, raw, allowNesting } = config.apparmor;
  if (raw[0] !== undefined)
    findings.refuse(raw[0].at, 'lxc.apparmor.raw: generating AppArmor profiles is not supported yet');
  const ifLoaded = (name: string) => (host.apparmorProfiles.includes(name) ? name : '');
  if (profile === undefined) {
    if (ifLoaded(LXC_DEFAULT) === '')
      findings.warn(
        undefined,
        `lxc.apparmor.profile is not set and ${LXC_DEFAULT} is not loaded, the container runs unconfined; write "unconfined" to start so without this warning`,
      );
    return ifLoaded(LXC_DEFAULT);
  }
  if (profile.value === 'unconfined' || profile.value === 'unchanged') return '';
  if (profile.value !== 'generated') return profile.value;
  const nearest = ifLoaded(allowNesting ? LXC_NESTING : LXC_DEFAULT);
  const runs = nearest === '' ? 'unconfined' : `in ${nearest}`;
  findings.warn(
    profile.at,
    `lxc.apparmor.profile: generated profiles are not supported yet, the container runs ${runs}`,
  );
  return nearest;
}

function withoutAppArmor({ config, findings }: Compilation): string {
  const { profile } = config.apparmor;
  if (profile === undefined || ['unconfined', 'unchanged', 'generated'].includes(profile.value)) return '';
  if (profile.value.startsWith(LXC_PROFILES))
    findings.warn(
      profile.at,
      `lxc.apparmor.profile: AppArmor is not enabled on this host, the container runs without ${profile.value}`,
    );
  else
    findings.refuse(
      profile.at,
      `lxc.apparmor.profile: ${profile.value} cannot be entered, AppArmor is not enabled on this host; write "unconfined" to start without`,
    );
  return '';
}
