import { Bench } from 'tinybench';

/** Times two ways of doing the same work in turns, and prints the median of each and how many times faster `ours` is. */
export async function compare(title: string, ours: () => unknown, baseline: () => unknown): Promise<void> {
  const bench = new Bench({ time: 300, warmupTime: 100 }).add('ours', ours).add('baseline', baseline);
  const [a, b] = (await bench.run()).map(({ name, result }) => {
    if (!('latency' in result)) throw new Error(`${title}: ${name} did not finish`);
    return result.latency.p50 * 1000;
  });
  const micros = (value: number): string => `${value.toFixed(1)} µs`.padStart(11);
  console.log(`${title.padEnd(38)}${micros(a)}${micros(b)}${(b / a).toFixed(1).padStart(8)}x`);
}
