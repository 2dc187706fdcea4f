/** The files of config/completion, by name. */
import { bashCompletion } from './bash.ts';
import { completedCommands, completedKeys } from './data.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

export async function completionFiles(): Promise<ReadonlyMap<string, string>> {
  const commands = await completedCommands();
  return new Map([
    ['tlxc.bash', bashCompletion(commands, completedKeys)],
    ['_tlxc', zshCompletion(commands, completedKeys)],
    ['tlxc.fish', fishCompletion(commands, completedKeys)],
  ]);
}
