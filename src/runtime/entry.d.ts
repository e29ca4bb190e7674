// package.json's "imports" choose each runtime's entry of onnxruntime-web; all have the same types.
declare module '#ort' {
  export * from 'onnxruntime-web';
}
