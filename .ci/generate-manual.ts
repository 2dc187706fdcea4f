/** Writes what comes from the registries: manual pages and the JSON Schema. */
import { writeFileSync } from 'node:fs';
import { containerSchemaText } from './config-schema.ts';
import { containerConfPage, systemConfPage } from './manual.ts';

writeFileSync('man/tlxc.container.conf.5', containerConfPage());
writeFileSync('man/tlxc.conf.5', systemConfPage());
writeFileSync('config/tlxc.container.schema.json', containerSchemaText());
