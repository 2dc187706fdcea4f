/** The templates' options in tlxc-create(1), from what the templates themselves say with -h. */
import { findTemplate } from '../src/image/templates/find-template.ts';
import { roff } from './roff.ts';

const TEMPLATES = ['download', 'oci', 'debian', 'busybox', 'local'];
const HEAD = '.SH TEMPLATE OPTIONS\n';

interface Option {
  readonly tag: string;
  readonly words: string[];
}

/** "  -d, --dist=NAME   What it is", and what goes on below it. */
function optionsOf(usage: string): Option[] {
  const options: Option[] = [];
  for (const line of usage.split('\n')) {
    const [, short = '', long = '', value = '', words = ''] =
      /^ {2}(?:(-\w), | {4})(--[a-z-]+)(=\S+)? +(.+)$/.exec(line) ?? [];
    const tag = [short, long].filter(Boolean).map((name) => `\\fB${roff(name)}\\fR`);
    const argument = value && `=\\fI${roff(value.slice(1))}\\fR`;
    if (long !== '') options.push({ tag: `${tag.join(', ')}${argument}`, words: [words] });
    else if (/^ {20}/.test(line)) options.at(-1)?.words.push(line.trim());
  }
  return options.filter(({ tag }) => !tag.includes('\\-\\-help'));
}

const section = (template: string): string =>
  `.SS ${template}\n` +
  optionsOf(findTemplate(template).usage)
    .map(({ tag, words }) => `.TP\n${tag}\n${roff(words.join(' '))}.\n`)
    .join('');

/** The page with the section as it is to be: between its heading and the next one. */
export function withTemplateOptions(page: string): string {
  const begin = page.indexOf(HEAD);
  const end = page.indexOf('\n.SH ', begin) + 1;
  const introduction = 'They stand after\n.BR \\-\\- ;\n.B \\-h\nthere tells them, too.\n';
  return page.slice(0, begin) + HEAD + introduction + TEMPLATES.map(section).join('') + page.slice(end);
}
