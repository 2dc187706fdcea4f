/** Credentials: what init is told in confidence, by a name that systemd takes. */
import { BadValue, type ParseContext } from '../key.ts';
import type { Credential } from '../model.ts';
import { hostPath } from './plain.ts';

/** The name of the key is what is wrong. */
const KEY = { part: 'key' } as const;

/** It is a file's name. systemd takes more, which no credential is called. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9_.@+-]{1,255}$/;

function nameOf({ variable }: ParseContext): string {
  if (NAME.test(variable)) return variable;
  throw new BadValue(
    'a credential is named by letters, digits and . _ - + @, as in passwd.hashed-password.root',
    KEY,
  );
}

export const credential = (text: string, context: ParseContext): readonly Credential[] => [
  { name: nameOf(context), text },
];

export const credentialFile = (value: string, context: ParseContext): readonly Credential[] => [
  { name: nameOf(context), file: hostPath(value, context) },
];

export const sameName = ({ name }: Credential): string => name;

export const otherCredential = ({ name }: Credential, variable: string): boolean => name !== variable;
