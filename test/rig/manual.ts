/** The manual's pages, and the command lines that they show. */
import { readdirSync, readFileSync } from 'node:fs';

export const manualPage = (name: string): string =>
  readFileSync(new URL(`../../man/${name}`, import.meta.url), 'utf8');

export const manualPages = (): string[] => readdirSync(new URL('../../man', import.meta.url));

/** Lines of pages and of README.md that begin with one of the commands. */
export const linesShown = (text: string): string[] =>
  text
    .replaceAll('\\-', '-')
    .replaceAll('\\(aq', "'")
    .replaceAll('\\e', '\\')
    .split('\n')
    .map((line) => line.replace(/^(?: *|# )(?=tlxc)/, ''))
    .filter((line) => /^tlxc(-[a-z]+)+ [^ ]/.test(line) && !/\[|…|\t|^tlxc-[a-z-]+ \(/.test(line));
