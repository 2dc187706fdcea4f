import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** What keeps functions readable; see CONTRIBUTING. */
const size = {
  'max-lines': ['error', 500],
  'max-lines-per-function': ['error', { max: 40, skipComments: true, skipBlankLines: true }],
  'max-params': ['error', 4],
  'max-depth': ['error', 4],
  complexity: ['error', 15],
};

export default tseslint.config(
  {
    // The examples are somebody's programs: their test compiles them against the package.
    ignores: [
      'dist/**',
      'native/**',
      'node_modules/**',
      '**/*.js',
      'test/examples/*.ts',
      '!test/examples/*.test.ts',
    ],
  },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...size,
      '@typescript-eslint/no-explicit-any': 'error',
      // What a table of keys holds is called without its key.
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // Commands are functions of a context; only these know that they run as a process.
    files: ['src/cli/**/*.ts'],
    ignores: ['src/cli/main.ts', 'src/cli/output.ts'],
    rules: { 'no-restricted-globals': ['error', { name: 'process', message: 'use the command context' }] },
  },
  {
    files: ['test/**/*.ts', '.ci/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 100, skipComments: true, skipBlankLines: true }],
      'no-console': 'off',
    },
  },
);
