/** Text that may come from a container, an image or a file, made safe to show: no control characters pass. */

// C0 but for the tab, DEL, C1, line separators, and the marks that change the direction of text.
export const CONTROL = /(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** The text with each control character written out (\x1b), so that nothing in it can drive a terminal. */
export const printable = (text: string): string =>
  text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\n') return '\\n';
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
