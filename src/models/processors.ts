import { IMAGENET } from '../image/preprocess.ts';
import type { SettingsFile } from './settings-file.ts';

interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Names in transformers (utils/constants.py): IMAGENET_STANDARD and OPENAI_CLIP. */
const STANDARD: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
export const OPENAI_CLIP: Normalization = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** `image_mean` and `image_std` of the image processors of transformers 5.24 whose file does not have them. */
const NORMALIZED: readonly (readonly [Normalization, processors: string])[] = [
  [
    STANDARD,
    'Beit ConvNext DPT DeiT DepthPro Donut EfficientNet ImageGPT LayoutLMv3 MobileNetV1 MobileNetV2 MobileViT ' +
      'PromptDepthAnything Siglip Siglip2 VideoMAE Vilt ViT VitMatte ZoeDepth',
  ],
  [
    IMAGENET,
    'ConditionalDetr DeformableDetr Detr DINOv3ViT Eomt GroundingDino Levit Mask2Former MaskFormer Nougat ' +
      'OneFormer Perceiver PoolFormer Pvt RfDetr RTDetr Sam Sam2 Segformer SegGpt TextNet VitPose Yolos',
  ],
  [OPENAI_CLIP, 'Bit Blip BridgeTower CLIP ChineseCLIP Owlv2 OwlViT'],
];

const BY_PROCESSOR: ReadonlyMap<string, Normalization> = new Map(
  NORMALIZED.flatMap(([numbers, processors]) => processors.split(' ').map((name) => [name, numbers] as const)),
);

/** Processors for which a size of one number is the shortest edge (`default_to_square = False`). */
const BY_EDGE: ReadonlySet<string> = new Set(
  (
    'Bit BridgeTower CLIP ChineseCLIP ConditionalDetr ConvNext DeformableDetr Detr Eomt GroundingDino Levit ' +
    'Mask2Former MaskFormer MobileNetV1 MobileNetV2 MobileViT OneFormer PoolFormer RfDetr RTDetr Siglip TextNet ' +
    'VideoMAE Vilt Yolos'
  ).split(' '),
);

/** Whether one number is the shortest edge of a file's processor; undefined for unknown processors. */
export function resizesByEdge(config: SettingsFile): boolean | undefined {
  const processor = processorOf(config);
  if (processor === undefined) return undefined;
  return BY_EDGE.has(processor) || (BY_PROCESSOR.has(processor) ? false : undefined);
}

/** The class of a file's image processor, without suffix: `ViT` of `ViTFeatureExtractor` or `ViTImageProcessorFast`. */
export function processorOf(config: SettingsFile): string | undefined {
  const name = config.value('image_processor_type') ?? config.value('feature_extractor_type');
  return typeof name === 'string'
    ? name.replace(/(ImageProcessor|FeatureExtractor)(Fast|Pil)?$/, '')
    : undefined;
}

/** Mean and deviation of a file's image processor where the file has none. */
export const normalizationOf = (config: SettingsFile): Normalization | undefined =>
  BY_PROCESSOR.get(processorOf(config) ?? '');
