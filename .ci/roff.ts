/** Text as roff takes it: no request at a line's beginning, backslashes and hyphens as they are. */
export const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(['.])/gm, '\\&$1')
    .replaceAll('…', '...');
