import { badOption } from '../errors.ts';
import type { Asks } from './ask.ts';
import { findMethod, METHOD_IDS, METHOD_ROWS, type MethodId } from './index.ts';
import type { LayerMethod, Method, Need } from './method.ts';

/** A method named in a call. */
export interface FoundMethod {
  readonly id: MethodId;
  /** Whether it generates an image of a class, and takes none. */
  readonly makesImage: boolean;
  /** Whether only `all` named it, so that a model it does not suit is not an error. */
  readonly optional: boolean;
  /** Whether it builds on another method. */
  readonly builds: boolean;
}

/** A found method with its row and the row it builds on. */
export interface Chosen extends FoundMethod {
  readonly method: Method;
  readonly base: LayerMethod | undefined;
  /** Needs of the row and of its base. */
  readonly needs: readonly Need[];
  /** Requests of the row and of its base. */
  readonly asks: readonly (keyof Asks)[];
}

/** Whether a method needs the model's output: it differentiates a score, or runs the model for others. */
export const usesScore = ({ needs, asks }: Pick<Chosen, 'needs' | 'asks'>): boolean =>
  asks.length > 0 || needs.some((need) => need !== 'activations' && need !== 'attention');

/** Names all methods that share their runs. */
export const ALL = 'all';

/** Methods named in a call. */
export interface MethodChoice {
  readonly method?: string | readonly string[];
  readonly base?: string;
}

/**
 * The methods named in a call.
 * @throws {CamError} UNKNOWN_METHOD for an unknown name.
 * @throws {CamError} BAD_OPTION for a base that does not fit, or that no method uses.
 */
export function chooseMethods({ method = 'gradcam', base }: MethodChoice): Chosen[] {
  const found = new Map<MethodId, Chosen>();
  for (const name of [method].flat()) {
    const all = name.trim().toLowerCase() === ALL;
    const ids = all ? sharedMethods() : [findMethod(name)];
    for (const id of ids) if (!found.has(id)) found.set(id, chosen(id, all, base));
  }
  if (base !== undefined && ![...found.values()].some(({ builds }) => builds))
    throw badOption(
      'base',
      `\`base\` only applies to methods that build on another: ${buildingMethods().join(', ')}.`,
    );
  return [...found.values()];
}

const buildingMethods = (): MethodId[] => METHOD_IDS.filter((id) => METHOD_ROWS[id].base !== undefined);

const sharedMethods = (): MethodId[] => METHOD_IDS.filter((id) => METHOD_ROWS[id].shared);

function chosen(id: MethodId, optional: boolean, wanted: string | undefined): Chosen {
  const method = METHOD_ROWS[id];
  const base = method.base === undefined ? undefined : baseOf(method, wanted ?? method.base);
  // A formula on top of a layer's row supplies the gradients.
  const inherited = (base?.needs ?? []).filter((need) => method.level === 'input' || need !== 'gradients');
  const needs = [...new Set<Need>([...method.needs, ...inherited])];
  const asks = [method, base].flatMap((row) => Object.keys(row?.asks ?? {}) as (keyof Asks)[]);
  return {
    id,
    method,
    base,
    needs,
    asks,
    optional,
    builds: base !== undefined,
    makesImage: method.shows === 'image',
  };
}

function baseOf(method: Method, name: string): LayerMethod {
  const id = findMethod(name);
  const base = METHOD_ROWS[id];
  const contrasts = method.asks.contrastGradient !== undefined;
  if (base.level === 'layer' && base.base === undefined && (base.needs.includes('gradients') || !contrasts))
    return base;
  throw badOption(
    'base',
    `${method.title} cannot build on ${id}. Set \`base\` to gradcam, gradcampp, layercam or another method that weights a layer by gradients.`,
  );
}

/**
 * The methods named by `method`, possibly `all`.
 *
 * @example
 * findMethods({ method: ['Grad-CAM', 'rise'] }).map(({ id }) => id); // ['gradcam', 'rise']
 * @throws {CamError} UNKNOWN_METHOD with the nearest names, for an unknown name.
 * @throws {CamError} BAD_OPTION for a base that a method cannot build on.
 */
export const findMethods: (choice: MethodChoice) => FoundMethod[] = chooseMethods;
