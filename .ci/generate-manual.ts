/** Writes the manual pages that come from the registries. */
import { writeFileSync } from 'node:fs';
import { containerConfPage, systemConfPage } from './manual.ts';

writeFileSync('man/tlxc.container.conf.5', containerConfPage());
writeFileSync('man/tlxc.conf.5', systemConfPage());
