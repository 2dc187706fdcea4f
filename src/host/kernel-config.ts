/** The kernel's configuration as it was built: /proc/config.gz, or the file beside the kernel. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';

export interface KernelConfig {
  readonly file: string;
  /** CONFIG_X is y or m. */
  readonly has: (symbol: string) => boolean;
}

/** Where distributions keep it, in the order in which they are asked. */
const places = (): readonly string[] => [
  '/proc/config.gz',
  `/boot/config-${release()}`,
  `/lib/modules/${release()}/config`,
  `/lib/modules/${release()}/build/.config`,
];

const GZIP = 0x1f8b;

/** The configuration in this file, plain or compressed by gzip. Throws the system's error where it cannot be read. */
export function readKernelConfig(file: string): KernelConfig {
  const bytes = readFileSync(file);
  const text = (bytes.length > 1 && bytes.readUInt16BE(0) === GZIP ? gunzipSync(bytes) : bytes).toString();
  const set = new Set(Array.from(text.matchAll(/^(CONFIG_\w+)=[ym]$/gm), ([, symbol]) => symbol));
  return { file, has: (symbol) => set.has(symbol) };
}

/** The running kernel's; null where it is kept nowhere. */
export function runningKernelConfig(): KernelConfig | null {
  for (const file of places()) {
    try {
      return readKernelConfig(file);
    } catch {
      // The next place.
    }
  }
  return null;
}
