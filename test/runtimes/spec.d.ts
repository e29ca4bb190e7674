export const FLOAT16: string;
export const FIXTURES: readonly string[];

/** What a runtime computed: maps by name, and how many threads it had. */
export interface Result {
  readonly maps: ReadonlyMap<string, Float32Array>;
  readonly threads: { readonly count: number; readonly note?: string };
}

export function unpack(text: string): Result;
export function oracleOf(name: string): string | undefined;
export function npy(bytes: Uint8Array): { readonly dims: readonly number[]; readonly data: Float32Array };
