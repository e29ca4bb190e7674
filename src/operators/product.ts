/** How many elements a shape has. */
export const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
