/**
 * Optimizers of onnxruntime-web 1.30 that change results or reject valid graphs, and what they do. Without them, networks run
 * about as fast.
 */
export const DISABLED_OPTIMIZERS: Readonly<Record<string, string>> = {
  Pad_Fusion: "folds a Pad with zeros into a MaxPool, whose padding is −∞ (Keras' ResNetV2)",
  ConvAddActivationFusion:
    'loses a Conv that is an output as well, where two meet in an Add (ResNet shortcuts)',
  SimplifiedLayerNormFusion: 'takes 1e-5 for the epsilon of float16 norms that share another',
  LayerNormFusionL1: 'takes 1e-5 for the epsilon of norms written Add(eps, variance)',
  LayerNormFusionL2: 'as LayerNormFusionL1',
  MatMul_BatchNormalization_Fusion: 'ignores a Transpose or Reshape between the two',
  GemmTransposeFusion: 'fails if one of two transposed inputs is an output',
  DivMulFusion: 'changes the rounding of integers',
};
