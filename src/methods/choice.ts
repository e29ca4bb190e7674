import { CamError } from '../errors.ts';
import { findMethod, METHODS } from './index.ts';
import type { Method, Need } from './method.ts';

/** A method of a call, with the row that it builds on. */
export interface Chosen {
  readonly id: string;
  readonly method: Method;
  readonly base: Method | undefined;
  /** Its own needs and those of the row that it builds on. */
  readonly needs: readonly Need[];
  /** Named by `all`: a model that it is not made for is no failure. */
  readonly optional: boolean;
}

/** Stands for all methods that answer from passes which they share. */
export const ALL = 'all';

const isShared = ({ runs }: Method): boolean => runs === undefined;

/** The methods that a call asks for. @throws CamError UNKNOWN_METHOD, BAD_OPTION. */
export function findMethods({
  method = 'gradcam',
  base,
}: {
  method?: string | readonly string[];
  base?: string;
}): Chosen[] {
  const found = new Map<string, Chosen>();
  for (const name of [method].flat()) {
    const all = name.trim().toLowerCase() === ALL;
    const rows = all ? Object.entries(METHODS).filter(([, row]) => isShared(row)) : [findMethod(name)];
    for (const [id, row] of rows) if (!found.has(id)) found.set(id, chosen(id, row, all, base));
  }
  return [...found.values()];
}

function chosen(id: string, method: Method, optional: boolean, wish: string | undefined): Chosen {
  const base = method.base === undefined ? undefined : baseOf(method, wish ?? method.base);
  // With gradients of its own, it does not need those of the score.
  const inherited = (base?.needs ?? []).filter(
    (need) => need !== 'gradients' || !method.needs.includes('backward'),
  );
  return { id, method, base, needs: [...new Set([...method.needs, ...inherited])], optional };
}

function baseOf(method: Method, name: string): Method {
  const [id, base] = findMethod(name);
  const fits = base.level === 'layer' && base.base === undefined;
  if (fits && (base.needs.includes('gradients') || !method.needs.includes('backward'))) return base;
  throw new CamError(
    'BAD_OPTION',
    `${method.title} cannot build on ${id}. Take gradcam, gradcampp, layercam or another that weighs a layer by gradients.`,
  );
}
