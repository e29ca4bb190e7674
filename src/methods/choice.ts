import { badOption } from '../errors.ts';
import { findMethod, METHODS, type MethodId } from './index.ts';
import type { Asks } from './ask.ts';
import type { LayerMethod, Method, Need } from './method.ts';

/** A method of a call, with the row that it builds on. */
export interface Chosen {
  readonly id: MethodId;
  readonly method: Method;
  readonly base: LayerMethod | undefined;
  /** Its own needs and those of the row that it builds on. */
  readonly needs: readonly Need[];
  /** What they ask the network for. */
  readonly asks: readonly (keyof Asks)[];
  /** Whether only `all` names it: that a model does not suit it is then no failure. */
  readonly optional: boolean;
}

/** Stands for all methods whose runs serve each other. */
export const ALL = 'all';

/** The methods that a call asks for. @throws {CamError} UNKNOWN_METHOD, BAD_OPTION for a base that does not fit. */
export function findMethods({
  method = 'gradcam',
  base,
}: {
  method?: string | readonly string[];
  base?: string;
}): Chosen[] {
  const found = new Map<MethodId, Chosen>();
  for (const name of [method].flat()) {
    const all = name.trim().toLowerCase() === ALL;
    const ids = all ? sharedMethods() : [findMethod(name)];
    for (const id of ids) if (!found.has(id)) found.set(id, chosen(id, all, base));
  }
  return [...found.values()];
}

const sharedMethods = (): MethodId[] =>
  (Object.keys(METHODS) as MethodId[]).filter((id) => METHODS[id].shared);

function chosen(id: MethodId, optional: boolean, wanted: string | undefined): Chosen {
  const method = METHODS[id];
  const base = method.base === undefined ? undefined : baseOf(method, wanted ?? method.base);
  // The formula that builds on a layer's row brings the gradients itself.
  const inherited = (base?.needs ?? []).filter((need) => method.level === 'input' || need !== 'gradients');
  const needs = [...new Set<Need>([...method.needs, ...inherited])];
  const asks = [method, base].flatMap((row) => Object.keys(row?.asks ?? {}) as (keyof Asks)[]);
  return { id, method, base, needs, asks, optional };
}

function baseOf(method: Method, name: string): LayerMethod {
  const id = findMethod(name);
  const base = METHODS[id];
  const contrasts = method.asks.contrastGradient !== undefined;
  if (base.level === 'layer' && base.base === undefined && (base.needs.includes('gradients') || !contrasts))
    return base;
  throw badOption(
    'base',
    `${method.title} cannot build on ${id}. Set \`base\` to gradcam, gradcampp, layercam or another method that weights a layer by gradients.`,
  );
}
