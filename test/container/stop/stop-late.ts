/** Run in a world: stops a container that does not listen, and that ends just before it would be killed for that. */
import { spawnSync } from 'node:child_process';
import { loadSystemConfig } from '../../../src/config/system.ts';
import { stopContainer } from '../../../src/container/stop/stop.ts';

const [name = ''] = process.argv.slice(2);
const system = loadSystemConfig(process.env);
const end = (): void => void spawnSync('tlxc-stop', ['-k', '-n', name], { stdio: 'inherit' });
const request = { name, lxcpath: system.lxcpath, system, environment: process.env };
await stopContainer({ ...request, how: 'halt', timeoutMs: 1000, escalate: true, warn: end });
process.stdout.write('stopped\n');
