import type { DownloadProgress, Progress } from '../index.ts';
import type { Sink } from './io.ts';

/** A line at the bottom of the terminal with image, method, progress, speed and time left. */
export interface ProgressLine {
  /** Starts another image. */
  readonly image: (name: string, position: number, count: number) => void;
  readonly update: (progress: Progress) => void;
  /** The progress of a download. */
  readonly download: (progress: DownloadProgress) => void;
  readonly clear: () => Promise<void>;
}

const INTERVAL_MS = 100;

/** Draws only between runs of the network, since a run blocks the thread. */
export function progressLine(
  stderr: Sink,
  enabled: boolean,
  clock: () => number = () => performance.now(),
): ProgressLine {
  let head = '';
  let method: string | undefined;
  let started = clock();
  let drawn = -Infinity;
  let visible = false;
  let download: { model: string; first: number } | undefined;

  const draw = (text: string) => {
    visible = true;
    drawn = clock();
    void stderr.write(`\r\x1b[2K${text.slice(0, stderr.columns - 1)}`);
  };

  return {
    image: (name, position, count) => {
      head = count > 1 ? `[${position}/${count}] ${name}` : name;
      method = undefined;
      started = clock();
      if (enabled) draw(head);
    },
    update: (progress) => {
      if (progress.method !== method) {
        // The first report comes after the first runs, which started when the previous method ended.
        if (method !== undefined) started = clock();
        method = progress.method;
      }
      if (enabled && clock() - drawn >= INTERVAL_MS)
        draw(`${head}  ${progressText(progress, clock() - started)}`);
    },
    download: (progress) => {
      if (download?.model !== progress.model) {
        // What was there before says nothing of the rate.
        download = { model: progress.model, first: progress.done };
        started = clock();
      }
      if (enabled && clock() - drawn >= INTERVAL_MS)
        draw(downloadText(progress, progress.done - download.first, clock() - started));
    },
    clear: async () => {
      if (visible) await stderr.write('\r\x1b[2K');
      visible = false;
    },
  };
}

/** `scorecam 64/320  42/s  6 s left` */
export function progressText({ method, done, total }: Progress, elapsedMs: number): string {
  const count = `${method} ${done}/${total}`;
  if (elapsedMs <= 0 || done === 0) return count;
  const rate = done / (elapsedMs / 1000);
  const left = (total - done) / rate;
  return `${count}  ${rate < 10 ? rate.toFixed(1) : rate.toFixed(0)}/s  ${duration(left)} left`;
}

const BAR_WIDTH = 20;

/** `mobilenetv2 [#######             ] 5.2 of 14.0 MB  2.1 MB/s  5 s left`; `received` are the bytes of that time. */
export function downloadText(
  { model, done, total }: DownloadProgress,
  received: number,
  elapsedMs: number,
): string {
  const rate = elapsedMs > 0 ? received / (elapsedMs / 1000) : 0;
  const speed = rate > 0 ? `  ${megabytes(rate)}/s` : '';
  if (total === undefined || total === 0) return `${model} ${megabytes(done)}${speed}`;
  const filled = Math.min(BAR_WIDTH, Math.floor((BAR_WIDTH * done) / total));
  const left = rate > 0 ? `  ${duration((total - done) / rate)} left` : '';
  const count = `${megabytes(done).replace(' MB', '')} of ${megabytes(total)}`;
  return `${model} [${'#'.repeat(filled).padEnd(BAR_WIDTH)}] ${count}${speed}${left}`;
}

/** Bytes in millions: `14.0 MB`. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  return minutes < 60 ? `${minutes} min ${rest} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
