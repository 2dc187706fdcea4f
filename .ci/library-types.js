// The library's declarations as who installs it needs them: the plan as plain types, without the schema that it is drawn
// from and the package that is written with, and no file that index.d.ts does not lead to.
import { createRequire } from 'node:module';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { format } from 'prettier';

const ts = createRequire(import.meta.url)('typescript');
const TYPES = 'dist/types';
const PLAN = 'plan/types';
const HEAD = '/** What a start will do, and its parts (src/plan/schema.ts). */\n';

/** Each name of src/plan/types.ts with what it comes to: an alias, or an interface that is another name for what it extends. */
async function flattenPlan() {
  const source = `src/${PLAN}.ts`;
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');
  const program = ts.createProgram([source], options);
  const checker = program.getTypeChecker();
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias;
  const named = program
    .getSourceFile(source)
    .statements.filter((one) => ts.isTypeAliasDeclaration(one) || ts.isInterfaceDeclaration(one));
  const lines = named.map((one) => {
    const meant = ts.isInterfaceDeclaration(one) ? one.heritageClauses[0].types[0] : one.name;
    const type = checker.typeToString(checker.getTypeAtLocation(meant), undefined, flags);
    const docs = ts.getJSDocCommentsAndTags(one).map((doc) => `${doc.getText()}\n`);
    return `${docs.join('')}export type ${one.name.text} = ${type};\n`;
  });
  writeFileSync(
    `${TYPES}/${PLAN}.d.ts`,
    await format(HEAD + lines.join(''), { parser: 'typescript', printWidth: 110 }),
  );
}

function reachable(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  const { importedFiles } = ts.preProcessFile(readFileSync(join(TYPES, file), 'utf8'));
  for (const { fileName } of importedFiles.filter(({ fileName: name }) => name.startsWith('.')))
    reachable(normalize(join(dirname(file), fileName.replace(/\.[jt]s$/, '.d.ts'))), found);
  return found;
}

export async function tidyLibraryTypes() {
  await flattenPlan();
  const kept = reachable('index.d.ts');
  for (const file of readdirSync(TYPES, { recursive: true }))
    if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(join(TYPES, file));
}
