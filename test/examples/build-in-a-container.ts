/**
 * Builds a source tree where it can harm nothing: in a copy of a toolchain's container, made for this build in an instant,
 * without network, with limits, as a user without rights. As root, compiled as
 * throwaway-debian.ts says:
 *
 *     node build-in-a-container.js TOOLCHAIN SOURCE RESULT [COMMAND...]
 *
 * TOOLCHAIN is a container with the compilers (tlxc-create -t debian -n toolchain -- --packages build-essential), SOURCE a
 * directory, RESULT what the build makes, relative to it; it is put beside the source. Default command: make.
 */
import { basename, dirname, join, resolve } from 'node:path';
import { CommandError, Container } from 'tlxc';

const [toolchain, directory, result, ...given] = process.argv.slice(2);
if (toolchain === undefined || directory === undefined || result === undefined)
  throw new Error('usage: build-in-a-container.js TOOLCHAIN SOURCE RESULT [COMMAND...]');
const [program = 'make', ...words] = given;
const source = resolve(directory);
const BUILDER = { uid: 1000, gid: 1000 };

try {
  // What the copy changes is gone with it, and so is the copy, when this block is left.
  await using box = await new Container(toolchain).throwaway();
  box.cgroup.set('pids.max', '500');
  await box.push([source], '/build', { recursive: true, parents: true, ...BUILDER });
  const tree = join('/build', basename(source));
  const build = box.exec([program, ...words], {
    ...BUILDER,
    cwd: tree,
    env: { HOME: tree },
    stdout: 'inherit',
    stderr: 'inherit',
    timeoutMs: 600_000,
  });
  process.once('SIGINT', () => build.kill('SIGINT'));
  await build;
  await box.pull([join(tree, result)], dirname(source), { recursive: true });
  console.log(`built ${join(dirname(source), basename(result))}`);
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(`the build failed: ${error.message}`);
  process.exitCode = error.status ?? 1;
}
