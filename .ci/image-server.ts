// Serves published images, publishing one first where an archive is given:
//   image-server.ts ROOT PORT [ARCHIVE DIST RELEASE ARCH]
// Prints its URL once it serves, and serves until it is killed.
import { compressFile } from '../src/image/archive.ts';
import { publishedMetadata, publishImage } from '../src/image/publish.ts';
import { serveDirectory } from '../src/image/serve.ts';

const [root = '', port = '0', archive, dist = '', release = '', arch = ''] = process.argv.slice(2);
if (archive !== undefined) {
  const build = new Date().toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 13);
  await publishImage({
    ...{ root, dist, release, arch, variant: 'default' },
    build: `${build.slice(0, 11)}:${build.slice(11)}`,
    writeRootfs: (file) => compressFile(archive, file, 1),
    metadata: publishedMetadata(arch, `You just created a Debian ${release} ${arch} container.`),
  });
}
const { url } = await serveDirectory({ root, port: Number(port), tls: null });
process.stdout.write(`${url}\n`);
