import tseslint from 'typescript-eslint';

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
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // indices that a loop bound proves
      '@typescript-eslint/prefer-for-of': 'off', // five times slower over a typed array than its indices
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Name every export.' },
      ],
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
  { files: ['*.js', '*.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
