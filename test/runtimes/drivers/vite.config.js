const config = {
  root: 'bundle',
  base: './',
  build: { outDir: '../isolated', emptyOutDir: true, target: 'esnext' },
  worker: { format: 'es' },
  logLevel: 'warn',
};

export { config as default };
