// package.json's "imports" give each runtime its entry of onnxruntime-web; all have the same types.
declare module '#ort' {
  export * from 'onnxruntime-web';
}
