import { CamError, didYouMean } from '../errors.ts';
import { mergeTables } from '../table.ts';
import { ABLATION_METHODS } from './ablation.ts';
import { ACTIVATION_METHODS } from './activation.ts';
import { ATTENTION_METHODS } from './attention.ts';
import { AVERAGE_METHODS } from './average.ts';
import { DECOMPOSITION_METHODS } from './decomposition.ts';
import { EIGEN_METHODS } from './eigen.ts';
import { FACTORIZATION_METHODS } from './factorization.ts';
import { GRADIENT_METHODS } from './gradient.ts';
import { INPUT_METHODS } from './input.ts';
import { MASK_METHODS } from './mask.ts';
import type { Method, Need } from './method.ts';
import { OCCLUSION_METHODS } from './occlusion.ts';
import { REFINED_METHODS } from './refined.ts';
import { VISUALIZATION_METHODS } from './visualization.ts';

/** The method tables, by family. */
const TABLES = [
  ['Gradient-weighted activations', [GRADIENT_METHODS, REFINED_METHODS]],
  ['Activations without a gradient', [ACTIVATION_METHODS, EIGEN_METHODS, FACTORIZATION_METHODS]],
  ['Perturbed channels', [MASK_METHODS, ABLATION_METHODS]],
  ['Transformers', [ATTENTION_METHODS]],
  ['Gradients at the input', [INPUT_METHODS, AVERAGE_METHODS, DECOMPOSITION_METHODS]],
  ['Perturbed input', [OCCLUSION_METHODS]],
  ['Images of a class', [VISUALIZATION_METHODS]],
] as const;

/** Id of a method. */
export type MethodId =
  | keyof typeof GRADIENT_METHODS
  | keyof typeof REFINED_METHODS
  | keyof typeof ACTIVATION_METHODS
  | keyof typeof EIGEN_METHODS
  | keyof typeof FACTORIZATION_METHODS
  | keyof typeof MASK_METHODS
  | keyof typeof ABLATION_METHODS
  | keyof typeof ATTENTION_METHODS
  | keyof typeof INPUT_METHODS
  | keyof typeof AVERAGE_METHODS
  | keyof typeof DECOMPOSITION_METHODS
  | keyof typeof OCCLUSION_METHODS
  | keyof typeof VISUALIZATION_METHODS;

/** The ids in TABLES. If they differ from MethodId, one of the next two functions does not compile. */
type TableId = KeysOf<(typeof TABLES)[number][1][number]>;
type KeysOf<Table> = Table extends unknown ? keyof Table : never;
const ids = (methods: object): MethodId[] => Object.keys(methods) as TableId[];
const byId = (rows: ReadonlyMap<string, Method>): Readonly<Record<MethodId, Method>> =>
  Object.fromEntries(rows) as Record<TableId, Method>;

/** Every method with its formula, by id. */
export const METHOD_ROWS: Readonly<Record<MethodId, Method>> = byId(
  mergeTables<Method>(TABLES.flatMap<Readonly<Record<string, Method>>>(([, tables]) => tables)),
);

/** Ids of all methods, in the order of the tables. */
export const METHOD_IDS: readonly MethodId[] = ids(METHOD_ROWS);

/** The ids of each family. */
export const FAMILIES: readonly (readonly [title: string, ids: readonly MethodId[]])[] = TABLES.map(
  ([title, tables]) => [title, tables.flatMap(ids)],
);

/** Properties of a method, known before it runs. */
export interface MethodInfo {
  readonly title: string;
  /** Authors, year and reference of the paper. */
  readonly paper: string;
  /** What the map shows, in one sentence. */
  readonly about: string;
  /** When to choose this method. */
  readonly when: string;
  /** Runs of the network beyond the forward pass, which all methods of a call share. */
  readonly cost: string;
  /** Whether other methods of a call share these runs; `all` selects these methods. */
  readonly shared: boolean;
  /** Whether it explains a layer, or the input or network as a whole. */
  readonly level: 'layer' | 'input';
  /** What `overlay` draws. */
  readonly shows: 'heatmap' | 'signed' | 'image' | 'concepts';
  /** Whether it uses the last layer of each resolution by default. */
  readonly stages?: true;
  readonly needs: readonly Need[];
  /** Default number of samples, steps or masks. */
  readonly samples?: number;
  /** Default method to build on. */
  readonly base?: string;
}

/**
 * Every method, by id.
 *
 * @example
 * for (const [id, { title, about }] of Object.entries(METHODS)) console.log(id, title, about);
 */
export const METHODS: Readonly<Record<MethodId, MethodInfo>> = infoOf(METHOD_ROWS);

/** The public part of each row. */
function infoOf<Id extends string>(rows: Readonly<Record<Id, Method>>): Readonly<Record<Id, MethodInfo>> {
  const infos = Object.entries<Method>(rows).map(([id, row]) => {
    const { title, paper, about, when, cost, shared, level, shows, needs, samples, base } = row;
    const info: MethodInfo = {
      ...{ title, paper, about, when, cost, shared, level, shows, needs },
      ...(row.level === 'layer' && row.stages && { stages: row.stages }),
      ...(samples !== undefined && { samples }),
      ...(base !== undefined && { base }),
    };
    return [id, info];
  });
  return Object.fromEntries(infos) as Record<Id, MethodInfo>;
}

/** Ids match regardless of case, spaces, dashes and underscores; `+` reads as `p`. */
const plainId = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll('+', 'p')
    .replace(/[\s_-]/g, '');

/** Other common names, including British spelling. */
const ALIASES: Readonly<Record<string, MethodId>> = {
  gradcamplusplus: 'gradcampp',
  vanillagradient: 'saliency',
  gradient: 'saliency',
  guidedbackpropagation: 'guided-backprop',
  guidedbp: 'guided-backprop',
  deconvolution: 'deconvnet',
  deconv: 'deconvnet',
  ablation: 'ablationcam',
  deepfeaturefactorization: 'dff',
  deepfeaturefactorisation: 'dff',
  attentionrollout: 'rollout',
  elementwisegradcam: 'gradcamelementwise',
  fullgradcam: 'fullgrad',
  ig: 'integrated-gradients',
  inputtimesgradient: 'input-x-gradient',
  gradientxinput: 'input-x-gradient',
  classmodelvisualization: 'class-visualization',
  classvisualisation: 'class-visualization',
  classmodelvisualisation: 'class-visualization',
};

const BY_NAME: ReadonlyMap<string, MethodId> = new Map([
  ...METHOD_IDS.map((id) => [plainId(id), id] as const),
  ...Object.entries(ALIASES),
]);

/**
 * The id of a method by any of its names: `Grad-CAM`, `grad_cam++`, `ig`.
 *
 * @example
 * findMethod('Grad-CAM++'); // 'gradcampp'
 * @throws {CamError} UNKNOWN_METHOD with the nearest names, for an unknown name.
 */
export function findMethod(name: string): MethodId {
  const id = BY_NAME.get(plainId(String(name)));
  if (id !== undefined) return id;
  const hint = didYouMean(String(name), METHOD_IDS) || ` Known: ${METHOD_IDS.join(', ')}.`;
  throw new CamError('UNKNOWN_METHOD', `Unknown method "${String(name)}".${hint}`, { option: 'method' });
}
