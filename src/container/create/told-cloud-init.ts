/** What cloud-init is told, looked at before anything is made: inside, nobody sees why it did nothing. */
import { usageError } from '../../errors.ts';
import type { CloudInit } from '../../storage/cloud-init.ts';

/** What cloud-init knows user data by. It passes over others with a line in its log. */
const KINDS =
  /^(#cloud-|#!|#include|#part-handler|#upstart-job|## template: *jinja|Content-Type:|MIME-Version:|From )/i;

function checkKind(what: string, text: string | undefined): void {
  if (text === undefined || text.trim() === '' || KINDS.test(text)) return;
  const [first = ''] = text.split('\n', 1);
  throw usageError(
    `${what} begin with ${JSON.stringify(first.slice(0, 60))}, by which cloud-init knows nothing to do with them`,
    'the first line is #cloud-config before YAML, #!/bin/sh before a script',
  );
}

/** Throws TLXC_E_USAGE. */
export function checkCloudInit(told: CloudInit | undefined, hasRootfs: boolean): void {
  if (told === undefined) return;
  if (!hasRootfs)
    throw usageError(
      'without a root filesystem there is no cloud-init to be told anything',
      'user data go with a template that makes one: download, variant cloud (-t download -- --variant cloud)',
    );
  checkKind('user data', told.userData);
  checkKind('vendor data', told.vendorData);
}
