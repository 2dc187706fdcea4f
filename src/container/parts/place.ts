/** Where a program's containers are. */
import type { SystemConfig } from '../../config/model.ts';
import { loadSystemConfig } from '../../config/system.ts';
import type { Environment } from '../../environment.ts';

/** Where containers are; what is not given is read from tlxc.conf and the process's environment. */
export interface StoreOptions {
  /** Absolute; lxc.lxcpath of the settings unless given. */
  readonly lxcpath?: string;
  /** Those of loadSystemConfig unless given. */
  readonly system?: SystemConfig;
  /** The caller's environment: TLXC_CONF, HOME, and what lxc.environment = NAME copies. */
  readonly environment?: Environment;
}

/** The same, complete. */
export type Place = Required<StoreOptions>;

/** A container's place and name: what every request begins with. */
export interface Located extends Place {
  readonly name: string;
}

/** Something a person should know that stopped nothing. */
export type Warn = (text: string) => void;

export const silently: Warn = () => undefined;

/** Throws TLXC_E_CONFIG for settings that are wrong. */
export function placeOf({ lxcpath, system, environment = process.env }: StoreOptions): Place {
  const settings = system ?? loadSystemConfig(environment);
  return { lxcpath: lxcpath ?? settings.lxcpath, system: settings, environment };
}
