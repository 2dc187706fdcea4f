// Test files run in processes of their own: what they test are processes, namespaces and the addon. Four at a time, since half
// of its time a file waits for what it has started.
export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=./.ci/typescript.js'],
  workerThreads: false,
  concurrency: 4,
  timeout: '5m',
};
