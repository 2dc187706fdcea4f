/** What a template takes after "--", in its own words. */
import { runProgram } from '../../host/program.ts';
import { findTemplate } from './find-template.ts';

/** A template program is asked with -h, as LXC asks it. Throws TLXC_E_TEMPLATE. */
export async function templateUsage(template: string): Promise<string> {
  if (template === 'none') return 'The template none takes no options.\n';
  if (!template.startsWith('/')) return findTemplate(template).usage;
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const failure = { code: 'TLXC_E_TEMPLATE', what: `the template ${template} tells no options` } as const;
  await runProgram([template, '-h'], failure, { stdout: say, onErrorLine: say });
  return `${lines.join('\n')}\n`;
}
