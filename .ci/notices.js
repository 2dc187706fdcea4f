// dist/NOTICES.txt: the licences of what is inside the package, bundled or statically linked, in their own words.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** npm packages that the bundles contain; the others are dependencies, which bring their licences themselves. */
const BUNDLED = ['argparse', 'commander', 'ini', 'js-yaml', 'undici'];
/** What native code is made with: a Debian package whose copyright file says it all, and what it is for. */
const LINKED = [
  ['libc6-dev', 'the GNU C library, in the static programs'],
  ['libstdc++6', 'the GNU C++ library, in the static programs'],
  ['libcap-dev', 'libcap'],
  ['libnl-3-dev', 'libnl'],
  ['libseccomp-dev', 'libseccomp'],
  ['rapidjson-dev', 'RapidJSON'],
];

const HEAD = `TLXC is free software: LGPL-2.1-or-later (LICENSE). Its package contains parts of others, whose licences follow. The
programs in native/build/Release are linked statically with libraries under the LGPL; whoever wants to link them with
other versions finds the source of TLXC, and what builds it (npm run build:native), where the package came from.
`;

function npmLicence(name) {
  const directory = join('node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const file = readdirSync(directory).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  return section(`${name} ${version} (${license})`, readFileSync(join(directory, file), 'utf8'));
}

function debianLicence([name, what]) {
  const file = `/usr/share/doc/${name}/copyright`;
  if (!existsSync(file))
    throw new Error(`${file} is missing: native code is built where ${name} is installed`);
  return section(what, readFileSync(file, 'utf8'));
}

const section = (title, text) => `\n${'='.repeat(100)}\n${title}\n${'='.repeat(100)}\n\n${text.trim()}\n`;

const addonApi = npmLicence('node-addon-api');
const all = [...BUNDLED.map(npmLicence), addonApi, ...LINKED.map(debianLicence)];
writeFileSync('dist/NOTICES.txt', HEAD + all.join(''));
