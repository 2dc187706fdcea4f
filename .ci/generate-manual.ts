/** Writes what comes from the registries and the commands: manual pages, the JSON Schema, completion. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { completionFiles } from './completion/files.ts';
import { containerSchemaText } from './config-schema.ts';
import { libraryPage } from './manual-library.ts';
import { outputs, outputSchemaText } from './output-schemas/index.ts';
import { containerConfPage, systemConfPage } from './manual.ts';
import { withTemplateOptions } from './manual-templates.ts';

writeFileSync('man/tlxc.container.conf.5', containerConfPage());
writeFileSync('man/tlxc.conf.5', systemConfPage());
writeFileSync('man/tlxc.3', libraryPage());
const createPage = 'man/tlxc-create.1';
writeFileSync(createPage, withTemplateOptions(readFileSync(createPage, 'utf8')));
writeFileSync('config/tlxc.container.schema.json', containerSchemaText());
mkdirSync('config/completion', { recursive: true });
for (const [name, text] of await completionFiles()) writeFileSync(`config/completion/${name}`, text);
mkdirSync('config/schema', { recursive: true });
for (const [name, output] of Object.entries(outputs))
  writeFileSync(`config/schema/${name}.schema.json`, outputSchemaText(output));
