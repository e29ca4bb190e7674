import type { CandidateGrid } from './grid.ts';

/** How a box is written: center and size, or two corners; or as offsets in the cells of a grid, by YOLOX or FastestDet. */
export type BoxForm = 'center' | 'corners' | 'yolox' | 'fastestdet';

/** Numbers of a detector's candidates in one of its outputs: number `field` of candidate i is at i·step + field·jump. */
export interface CandidateField {
  readonly output: string;
  readonly step: number;
  readonly jump: number;
  /** The first of its fields. */
  readonly first: number;
  /** Its exponent in the score. Default 1. */
  readonly power?: number;
}

/** Height and width of a detector's input. */
export interface InputSize {
  readonly height: number;
  readonly width: number;
}

/** Where a detector keeps its candidates, unfiltered or after non-maximum suppression. */
export interface Detector {
  readonly candidates: number;
  /** Number of classes; undefined if each candidate has a class of its own. */
  readonly classes: number | undefined;
  readonly form: BoxForm;
  readonly boxes: CandidateField;
  /** The rotation of each box about its center, in radians. */
  readonly angle?: CandidateField;
  /** One score per class, or the only one. */
  readonly scores: CandidateField;
  /** A factor of all scores. */
  readonly objectness?: CandidateField;
  /** The class of each candidate. */
  readonly labels?: CandidateField;
  /** Whether the first class is the background: a Softmax has to leave room for it (SSD). */
  readonly background?: boolean;
  /** The cells of the candidates, if they cover a pyramid. */
  readonly grid?: CandidateGrid;
  /** Candidates below this score are not detections. */
  readonly threshold: number;
  /** Boxes up to 1 are shares of it. */
  readonly input: InputSize;
}

/** What is known of a detector besides its shapes. */
export interface DetectorEvidence {
  /** Number of labels; 0 if unknown. */
  readonly labels: number;
  /** Whether its metadata or the caller say that it is one. */
  readonly certain: boolean;
  /** Whether its boxes are rotated. */
  readonly rotated: boolean;
}

/** The threshold of the tools of the YOLO family. */
export const DEFAULT_THRESHOLD = 0.25;
