import simpleImportSort from 'eslint-plugin-simple-import-sort';
import tseslint from 'typescript-eslint';
import { camwasm } from './scripts/lint/arrows.js';

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'dist.*/',
      'build/',
      'assembly/',
      'src/kernels/wasm.ts',
      '**/node_modules/',
      'examples/',
    ],
  },
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  {
    plugins: { camwasm, 'simple-import-sort': simpleImportSort },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // indices that a loop bound proves
      '@typescript-eslint/prefer-for-of': 'off', // five times slower over a typed array than its indices
      '@typescript-eslint/consistent-type-imports': 'error',
      'simple-import-sort/imports': ['error', { groups: [['^node:', '^@?\\w', '^#', '^\\.']] }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Name every export.' },
      ],
    },
  },
  {
    files: ['src/**'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      'camwasm/arrows': 'error',
      'camwasm/surface': 'error',
      'camwasm/names': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/platform/**', 'src/cli/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'Runtime differences live in src/platform.' }] },
      ],
    },
  },
  {
    files: ['test/**'],
    ignores: ['test/helpers/assert.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          name: 'uvu/assert',
          message: 'Its difference of large arrays takes hours: test/helpers/assert.ts.',
        },
      ],
    },
  },
  { files: ['*.js', '*.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
