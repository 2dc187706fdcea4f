/**
 * What the library throws is read by programs' authors, too: an option of a command stands in brackets behind the words that
 * say the same, or in a whole command line. Looked for in all text of the rooms below the commands.
 */
import test from 'ava';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Whose command lines are shown whole, options and all; ${} is a program that is put in. */
const PROGRAMS =
  /(^|\s)(t?lxc-[a-z]+|chmod|chown|df|dmesg|findmnt|firewall-cmd|fuser|gpg|ln|losetup|ls|lsattr|mkdir|mount|mv|openssl|rm|ss|sysctl|systemctl|systemd-run|tar|tune2fs|ulimit|umount|usermod|\$\{\})\s/;

/** Text for people: has words of more than one letter beside each other, and is no script, option or table of options. */
const isSaid = (text: string): boolean =>
  /[a-z]{2,} ?(\(|--?[a-z]|[a-z]{2,})/i.test(text) && !/^(#|set -)|^ {2}-|^-[a-z], --[a-z]+$/m.test(text);

/** The first option in a text that stands alone. */
function bareOption(text: string): string | null {
  const unbracketed = text.replace(/\([^()]*\)|\[[^\]]*\]/g, '');
  for (const clause of unbracketed.split(/[,;:](?=\s)|\n|\b(?:and|or)\b|&&|\|/)) {
    const option = /(?:^|\s)(--?[A-Za-z][a-z-]*)(?=[\s=,.]|$)/.exec(clause);
    if (option?.[1] !== undefined && !PROGRAMS.test(clause.slice(0, option.index + 1))) return option[1];
  }
  return null;
}

function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return null;
  return node.head.text + node.templateSpans.map(({ literal }) => '${}' + literal.text).join('');
}

function bareOptionsOf(path: string): string[] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    const option = text?.includes(' ') && isSaid(text) ? bareOption(text) : null;
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    if (option !== null) found.push(`${relative(root, path)}:${line + 1}: ${option} in "${text}"`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

test('no error of the library asks its caller for an option of a command', (t) => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const below = files.filter((file) => file.endsWith('.ts') && !file.startsWith('cli/'));
  t.true(below.length > 100);
  t.deepEqual(
    below.flatMap((file) => bareOptionsOf(join(root, 'src', file))),
    [],
  );
});

test('a bare option is seen', (t) => {
  for (const text of [
    'leave out -s',
    '--now sets them in it alone',
    'use -B dir, or leave it out',
    'leave -c out',
  ])
    t.not(isSaid(text) ? bareOption(text) : null, null, text);
  for (const text of [
    'make a copy (-s)',
    'tlxc-stop -k kills it',
    'an archive does: tar -C ${} -cf rootfs.tar .',
  ])
    t.is(bareOption(text), null, text);
});
