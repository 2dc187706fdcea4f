/** Those that take longest begin first: at the end, no one is waited for alone. */
const LONG = [
  ...[
    'package/npm',
    'package/deb',
    'scripts/scripts',
    'system/create-judged',
    'container/readiness/readiness',
  ],
  ...['container/copy/source', 'container/journal/logs', 'container/copy/interrupted'],
  ...[
    'container/snapshot/interrupted',
    'system/storm',
    'system/full-disk',
    'system/full-disk-copies',
    'system/interruption',
  ],
  ...['examples/examples', 'security/entering', 'security/transfer', 'library-reference'],
].map((name) => `/test/${name}.test.ts`);

const place = (file) => {
  const index = LONG.findIndex((long) => file.endsWith(long));
  return index < 0 ? LONG.length : index;
};

// What tests make is read by containers' users and by others, whatever the umask of who runs them: workers have this one's.
process.umask(0o022);

// Test files run in processes of their own: what they test are processes, namespaces and the addon. Four at a time, since half
// of its time a file waits for what it has started.
export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=./.ci/typescript.js'],
  sortTestFiles: (one, other) => place(one) - place(other) || one.localeCompare(other, 'en'),
  workerThreads: false,
  concurrency: 4,
  timeout: '5m',
};
