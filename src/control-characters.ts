/** Text that may come from a container, an image or a file, made safe to show: no control characters pass. */

// C0 but for the tab, DEL, C1, line separators, and the marks that change the direction of text. By numbers: V8 takes half a
// millisecond to look up \p{Cc} and \p{Bidi_Control}.
// eslint-disable-next-line no-control-regex -- it is what is looked for
export const CONTROL = /[\0-\x08\n-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text with each control character written out (\x1b), so that nothing in it can drive a terminal. */
export const printable = (text: string): string =>
  text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\n') return '\\n';
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
