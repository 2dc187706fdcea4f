// Prints the directories of the npm packages that TLXC needs to run, from the lock file: one a line, node_modules/NAME.
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
for (const [directory, { dev, devOptional, optional }] of Object.entries(packages))
  if (directory !== '' && !dev && !devOptional && !optional) console.log(directory);
