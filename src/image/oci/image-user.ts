/** Whom an image's programs run as: its User, looked up in its own /etc/passwd and /etc/group, as Docker does. Pure. */
import { refuse } from './documents.ts';

export interface ImageUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary ones. */
  readonly groups: readonly number[];
  readonly home: string;
}

/** The texts of the image's files; "" for one that is not there, or no plain file. */
export interface Accounts {
  readonly passwd: string;
  readonly group: string;
}

const NUMBER = /^\d{1,10}$/;
const MAX_ID = 2 ** 32 - 2;

const records = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(':'));
const idIn = (field: string | undefined): number | null =>
  field !== undefined && NUMBER.test(field) && Number(field) <= MAX_ID ? Number(field) : null;

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

function findAccount(passwd: string, fits: (account: Account) => boolean): Account | null {
  for (const [name = '', , uidField, gidField, , home = ''] of records(passwd)) {
    const [uid, gid] = [idIn(uidField), idIn(gidField)];
    if (uid === null || gid === null) continue;
    const account = { name, uid, gid, home };
    if (fits(account)) return account;
  }
  return null;
}

function groupId(group: string, wanted: string, what: string): number {
  const found = records(group).find(([name]) => name === wanted);
  const id = idIn(found?.[2]) ?? idIn(wanted);
  if (id !== null) return id;
  throw refuse(what, `it runs as the group ${JSON.stringify(wanted)}, which its /etc/group does not have`);
}

function groupsOf(group: string, name: string): number[] {
  const ids = records(group).flatMap(([, , gid, members = '']) => {
    const id = idIn(gid);
    return id !== null && members.split(',').includes(name) ? [id] : [];
  });
  return [...new Set(ids)];
}

/** As which account; null: the image describes none of this number. Throws TLXC_E_IMAGE for a name that it does not have. */
function accountOf(user: string, passwd: string, what: string): Account | null {
  const number = user === '' ? 0 : idIn(user);
  const account =
    findAccount(passwd, ({ name }) => user !== '' && name === user) ??
    findAccount(passwd, ({ uid }) => uid === number);
  if (account !== null || number !== null) return account;
  throw refuse(what, `it runs as the user ${JSON.stringify(user)}, whom its /etc/passwd does not have`);
}

/** spec: USER[:GROUP], each a name or a number. A group that is named leaves all others out. Throws TLXC_E_IMAGE. */
export function resolveUser(spec: string, { passwd, group }: Accounts, what: string): ImageUser {
  const [user = '', wantedGroup = ''] = spec.split(':', 2);
  const account = accountOf(user, passwd, what) ?? { name: '', uid: Number(user), gid: 0, home: '/' };
  const { uid, gid } = account;
  const home = account.home.startsWith('/') ? account.home : '/';
  if (wantedGroup !== '') return { uid, gid: groupId(group, wantedGroup, what), groups: [], home };
  const others = account.name === '' ? [] : groupsOf(group, account.name).filter((id) => id !== gid);
  return { uid, gid, groups: others, home };
}
