/** The indexes of an image server, written from its builds: index-system's text and simplestreams' JSON. */

interface PublishedFile {
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
}

export interface PublishedBuild {
  readonly dist: string;
  readonly release: string;
  readonly arch: string;
  readonly variant: string;
  readonly build: string;
  /** Relative to the document root, without slashes at its ends. */
  readonly directory: string;
  readonly rootfs: PublishedFile;
  readonly incus: PublishedFile;
  /** SHA-256 of incus.tar.xz followed by rootfs.tar.xz: Incus' fingerprint. */
  readonly combined: string;
}

const productKey = ({ dist, release, arch, variant }: PublishedBuild) =>
  [dist, release, arch, variant].join(':');

const byProduct = (builds: readonly PublishedBuild[]): ReadonlyMap<string, readonly PublishedBuild[]> => {
  const products = new Map<string, PublishedBuild[]>();
  for (const build of builds)
    products.set(productKey(build), [...(products.get(productKey(build)) ?? []), build]);
  return products;
};

/** One line a product, its newest build. */
export function indexSystem(builds: readonly PublishedBuild[]): string {
  const newest = [...byProduct(builds).values()].flatMap((all) => all.at(-1) ?? []);
  return newest
    .map(({ dist, release, arch, variant, build, directory }) =>
      [dist, release, arch, variant, build, `/${directory}/`].join(';'),
    )
    .sort()
    .map((line) => `${line}\n`)
    .join('');
}

/** streams/v1/index.json */
export function streamIndex(builds: readonly PublishedBuild[]) {
  const products = [...byProduct(builds).keys()].sort();
  const images = {
    datatype: 'image-downloads',
    path: 'streams/v1/images.json',
    format: 'products:1.0',
    products,
  };
  return { index: { images }, format: 'index:1.0' };
}

/** streams/v1/images.json */
export function streamImages(builds: readonly PublishedBuild[]) {
  const products = [...byProduct(builds)].map(([key, all]) => [key, streamProduct(all)] as const);
  return {
    content_id: 'images',
    datatype: 'image-downloads',
    format: 'products:1.0',
    products: Object.fromEntries(products),
  };
}

function streamProduct(builds: readonly PublishedBuild[]) {
  const [{ dist, release, arch, variant } = { dist: '', release: '', arch: '', variant: '' }] = builds;
  const names = [`${dist}/${release}/${variant}`, ...(variant === 'default' ? [`${dist}/${release}`] : [])];
  return {
    aliases: names.join(','),
    arch,
    os: `${dist.charAt(0).toUpperCase()}${dist.slice(1)}`,
    ...{ release, release_title: release, requirements: {}, variant },
    versions: Object.fromEntries(builds.map((build) => [build.build, { items: streamItems(build) }])),
  };
}

function streamItems({ directory, rootfs, incus, combined }: PublishedBuild) {
  const item = (ftype: string, { name, sha256, size }: PublishedFile) => ({
    ...{ ftype, sha256, size },
    path: `${directory}/${name}`,
  });
  const fingerprints = { combined_sha256: combined, combined_rootxz_sha256: combined };
  return {
    'incus.tar.xz': { ...item('incus.tar.xz', incus), ...fingerprints },
    // The name that LXD, and Incus' first versions, look for.
    'lxd.tar.xz': { ...item('lxd.tar.xz', incus), ...fingerprints },
    'root.tar.xz': item('root.tar.xz', rootfs),
  };
}
