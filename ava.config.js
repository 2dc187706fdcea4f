// Test files run two at a time in processes of their own: what they test are processes, namespaces and the addon.
export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=./.ci/typescript.js'],
  workerThreads: false,
  concurrency: 2,
  timeout: '5m',
};
