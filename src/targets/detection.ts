import { CamError } from '../errors.ts';
import type { Box } from '../image/resize.ts';
import { unknownLayout } from '../network/output.ts';
import { isRecord } from '../table.ts';
import { type Candidate, detectionsIn, scoreOfFactors, strongest } from './detections.ts';
import { findClass } from './find-class.ts';
import { nothingNamed, type Objective, type ObjectiveContext, type TargetKind } from './kind.ts';
import type { TargetReader } from './reader.ts';
import type { ClassTarget, DetectionTarget } from './target.ts';

const DETECTION_START = /detection\s*[:@]/y;

/** A detection: the score of its class, times its objectness if the detector has one. */
export const DETECTION: TargetKind<DetectionTarget, 'detection'> = {
  key: 'detection',
  keys: {
    detection: {
      takes: 'the number of a detection from 0, or { x, y } in pixels of the image',
      accepts: (value) => isNumberFromZero(value) || isPoint(value),
      required: true,
    },
  },
  syntax: { starts: ['detection:', 'detection@'], start: DETECTION_START, parse: parseDetection },
  text: ({ detection }) =>
    typeof detection === 'number' ? `detection:${detection}` : `detection@${detection.x},${detection.y}`,
  files: nothingNamed,
  outputs: nothingNamed,
  objective: (target, context) => Promise.resolve(objectiveFrom(detectionOf(target, context), false)),
  score({ candidate: { factors } }, { data }) {
    const seed = new Float32Array(data.length);
    for (const factor of factors) {
      const others = factors.filter((other) => other !== factor);
      const { at, power } = factor;
      seed[at] = power * data[at] ** (power - 1) * scoreOfFactors(others, data);
    }
    return { score: scoreOfFactors(factors, data), seed };
  },
};

const isNumberFromZero = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

const isPoint = (value: unknown): boolean =>
  isRecord(value) && Object.keys(value).sort().join() === 'x,y' && [value.x, value.y].every(Number.isFinite);

/** `"detection:" number | "detection@" x "," y` */
function parseDetection(reader: TargetReader): DetectionTarget {
  const number = (expected: string) => Number(reader.take(/\s*\d+(?:\.\d+)?\s*/y) ?? reader.fail(expected));
  if (reader.take(DETECTION_START)?.endsWith(':')) {
    const index = reader.take(/\s*\d+\s*/y) ?? reader.fail('the number of a detection, from 0');
    return { detection: Number(index) };
  }
  const x = number('a place in the image, such as 120,80');
  reader.expect(',');
  return { detection: { x, y: number('the row of the place') } };
}

const objectiveFrom = (
  candidate: Candidate,
  byClass: boolean,
): Extract<Objective, { kind: 'detection' }> => ({ kind: 'detection', candidate, byClass });

function detectionOf({ detection }: DetectionTarget, context: ObjectiveContext): Candidate {
  const found = detectionsIn(candidatesIn(context));
  const list = `This image has ${found.length} detections.`;
  if (typeof detection === 'number') {
    if (detection < found.length) return found[detection];
    throw badDetection(
      found.length === 0
        ? `Nothing was detected in this image. Explain the strongest candidate of a class with \`class\`.`
        : `There is no detection ${detection}. ${list} They are numbered from 0.`,
    );
  }
  const at = found.find(({ box }) => contains(context.toPicture(box), detection));
  if (at) return at;
  throw badDetection(`There is no detection at ${detection.x}, ${detection.y}. ${list}`);
}

const contains = ({ x, y, width, height }: Box, place: { readonly x: number; readonly y: number }): boolean =>
  place.x >= x && place.x <= x + width && place.y >= y && place.y <= y + height;

/**
 * The strongest candidate of a class.
 * @throws {CamError} UNKNOWN_CLASS when the detector has no such class.
 * @throws {CamError} BAD_TARGET for a part of its pixels, or when no candidate has the class.
 */
export function classDetection(
  target: ClassTarget,
  context: ObjectiveContext,
): Extract<Objective, { kind: 'detection' }> {
  const { classes, labels } = context;
  const index = typeof target.class === 'string' ? findClass(target.class, labels) : target.class;
  if (target.over !== undefined && target.over !== 'all')
    throw badDetection(`The output "${classes.name}" holds detections, not pixels. Omit the part after @.`);
  // Without labels, candidates that name their classes do not tell how many there are.
  const named = classes.detector?.labels !== undefined;
  const found = named || index < classes.classes ? strongest(candidatesIn(context), index) : undefined;
  if (found) return objectiveFrom(found, true);
  if (named) throw badDetection(`No detection in this image is of class ${labels[index] ?? index}.`);
  throw new CamError(
    'UNKNOWN_CLASS',
    `Class ${index} does not exist: the detector has ${classes.classes}, from 0 to ${classes.classes - 1}.`,
    { option: 'class' },
  );
}

function candidatesIn({ candidates, classes }: ObjectiveContext) {
  if (candidates) return candidates;
  throw badDetection(unknownLayout(classes));
}

const badDetection = (message: string): CamError => new CamError('BAD_TARGET', message, { option: 'target' });
