/** A stream of random numbers, determined by its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  /** Standard normal. */
  readonly normal: () => number;
}

/** The generator sfc32 (Doty-Humphrey, PractRand): 128 bits of state, seeded by two numbers and a name. */
export function random(seed: number, name: string, stream = 0): Random {
  let a = seed >>> 0;
  let b = stream >>> 0;
  let c = hash(name);
  let counter = 1;
  const next = (): number => {
    const out = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 12; i++) next(); // enough for seeds that differ in one bit to diverge
  const uniform = (): number => next() / 2 ** 32;
  return { uniform, normal: normalOf(uniform) };
}

/** The Box-Muller transform, which yields two numbers at a time. */
function normalOf(uniform: () => number): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.codePointAt(0)!, 0x01000193);
  return value >>> 0;
}
