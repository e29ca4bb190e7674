import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { carryBack, type Fit, FITS, place } from '../../src/image/placement.ts';
import { type Preprocessing, toTensor } from '../../src/image/preprocess.ts';
import type { Resample } from '../../src/image/resize.ts';
import { loadKernels, type Plane } from '../../src/kernels/index.ts';
import * as assert from '../helpers/assert.ts';
import { picture } from './pictures.ts';

const test = suite('placement');
const kernels = await loadKernels();

const RESIZED: [fit: Fit, cropPct: number][] = (Object.keys(FITS) as Fit[]).flatMap((fit) => [
  [fit, 1],
  [fit, 0.8],
]);
const SIZES = [
  [64, 64],
  [90, 60],
  [60, 90],
  [31, 17],
  [640, 120],
] as const;

const plane = (height: number, width: number, value: (x: number, y: number) => number): Plane => ({
  height,
  width,
  data: Float32Array.from({ length: height * width }, (_, i) => value(i % width, Math.floor(i / width))),
});

/** Center of mass, in pixels. */
function center({ data, width }: Plane): [x: number, y: number] {
  let [mass, x, y] = [0, 0, 0];
  data.forEach((v, i) => {
    mass += v;
    x += v * ((i % width) + 0.5);
    y += v * (Math.floor(i / width) + 0.5);
  });
  return [x / mass, y / mass];
}

for (const [fit, cropPct] of RESIZED) {
  const name = cropPct === 1 ? fit : `${fit} of ${cropPct}`;
  for (const [width, height] of SIZES) {
    const placement = place({ width, height }, { width: 48, height: 32, fit, cropPct });

    test(`${name} of ${width} x ${height}: what was seen carries the map, the rest is 0`, () => {
      const { data } = carryBack(
        plane(4, 6, () => 1),
        placement,
        kernels,
      );
      const { from } = placement;
      data.forEach((v, i) => {
        const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5];
        const seen = x >= from.x && x < from.x + from.width && y >= from.y && y < from.y + from.height;
        assert.is(v, seen ? 1 : 0, `pixel ${x}, ${y}`);
      });
    });

    test(`${name} of ${width} x ${height}: positions come back as the inverse of where they went`, () => {
      // a map that holds its own x (then y), away from the rim of half a cell where bilinear is flat
      const { from, to, input } = placement;
      const xs = carryBack(
        plane(input.height, input.width, (x) => x + 0.5),
        placement,
        kernels,
      );
      const ys = carryBack(
        plane(input.height, input.width, (_, y) => y + 0.5),
        placement,
        kernels,
      );
      for (let i = 0; i < xs.data.length; i++) {
        const x = ((i % width) + 0.5 - from.x) * (to.width / from.width) + to.x;
        const y = (Math.floor(i / width) + 0.5 - from.y) * (to.height / from.height) + to.y;
        if (x > 0.5 && x < input.width - 0.5 && y > 0.5 && y < input.height - 0.5) {
          assert.ok(Math.abs(xs.data[i]! - x) < 1e-3, `x of ${i}: ${xs.data[i]}, not ${x}`);
          assert.ok(Math.abs(ys.data[i]! - y) < 1e-3, `y of ${i}: ${ys.data[i]}, not ${y}`);
        }
      }
    });
  }

  test(`${name}: a spot in the picture is found where it was`, () => {
    const [width, height] = [200, 150];
    for (const [x, y] of [
      [100, 75],
      [70, 50],
      [120, 100],
    ] as const) {
      const spot = picture(width, height, (px, py) => {
        const v = 255 * Math.exp(-((px + 0.5 - x) ** 2 + (py + 0.5 - y) ** 2) / 200);
        return [v, v, v, 255];
      });
      const settings: Preprocessing = {
        ...{ height: 60, width: 60, fit, cropPct, channels: 'gray', resample: 'antialias', layout: 'nchw' },
        ...{ range: [0, 1], mean: [0], std: [1] },
      };
      const { data, placement } = toTensor(spot, settings);
      const { to } = placement;
      const { input } = placement;
      const seen = plane(input.height, input.width, (px, py) =>
        py >= to.y && py < to.y + to.height && px >= to.x && px < to.x + to.width
          ? data[py * input.width + px]!
          : 0,
      );
      const [foundX, foundY] = center(carryBack(seen, placement, kernels));
      assert.ok(Math.hypot(foundX - x, foundY - y) < 0.5, `${x}, ${y} came back at ${foundX}, ${foundY}`);
    }
  });
}

// get_size_with_aspect_ratio of transformers 5.24: rows and columns of the picture, edges, rows and columns of the input.
for (const [picture, edges, input] of [
  [
    [480, 640],
    [800, 1333],
    [800, 1066],
  ],
  [
    [427, 640],
    [800, 1333],
    [800, 1199],
  ],
  [
    [640, 427],
    [800, 1333],
    [1199, 800],
  ],
  [
    [300, 1000],
    [800, 1333],
    [400, 1333],
  ],
  [
    [1000, 301],
    [800, 1333],
    [1333, 401],
  ],
  [
    [800, 900],
    [800, 1333],
    [800, 900],
  ],
  [
    [1333, 600],
    [800, 1333],
    [1333, 600],
  ],
  [
    [500, 500],
    [32, 48],
    [32, 32],
  ],
  [
    [7, 3],
    [32, 48],
    [48, 21],
  ],
  [
    [33, 100],
    [32, 48],
    [16, 48],
  ],
  [
    [100, 333],
    [10, 25],
    [8, 25],
  ],
] as const) {
  test(`proportional: ${picture.join(' x ')} with edges ${edges.join(' and ')} as in transformers`, () => {
    const size = { height: picture[0], width: picture[1] };
    const placement = place(size, { height: edges[0], width: edges[1], fit: 'proportional', cropPct: 1 });
    assert.equal([placement.input.height, placement.input.width], input);
    assert.equal(placement.from, { x: 0, y: 0, ...size });
    assert.equal(placement.to, { x: 0, y: 0, ...placement.input });
  });
}

test('crop: the margins by hand', () => {
  // 8 x 4 into a square: columns 2 to 5
  const placement = place({ width: 8, height: 4 }, { width: 10, height: 10, fit: 'crop', cropPct: 1 });
  assert.equal(placement.from, { x: 2, y: 0, width: 4, height: 4 });
  const { data } = carryBack(
    plane(1, 1, () => 1),
    placement,
    kernels,
  );
  assert.equal(Array.from(data.subarray(0, 8)), [0, 0, 1, 1, 1, 1, 0, 0]);
});

test('crop: the margin that crop_pct cuts, by hand', () => {
  // 20 x 10 is resized to 16 x 8, of which columns 6 to 9 and rows 2 to 5 are the input
  const placement = place({ width: 20, height: 10 }, { width: 4, height: 4, fit: 'crop', cropPct: 0.5 });
  assert.equal(placement.from, { x: 7.5, y: 2.5, width: 5, height: 5 });
  const { data } = carryBack(
    plane(1, 1, () => 1),
    placement,
    kernels,
  );
  assert.is(
    data.reduce((sum, value) => sum + value),
    25,
  );
});

interface Cropped {
  readonly cropped: readonly {
    readonly picture: readonly [width: number, height: number];
    readonly crop_mode: 'center' | 'squash' | 'border';
    readonly crop_pct: number;
    readonly resample: Resample;
    readonly height: number;
    readonly width: number;
    readonly rgb: readonly number[];
  }[];
}

const FIT = { center: 'crop', squash: 'stretch', border: 'border' } as const;
const { cropped } = JSON.parse(readFileSync(new URL('cropped.json', import.meta.url), 'utf8')) as Cropped;

for (const { picture: size, crop_mode: mode, crop_pct: cropPct, rgb, ...extent } of cropped) {
  const { width, height } = extent;
  test(`${size.join(' x ')} to ${width} x ${height}, ${mode} of ${cropPct}: pixels as in timm`, () => {
    const pattern = picture(...size, (x, y) => {
      const [red, green, blue] = [0, 1, 2].map((c) => (37 * x + 11 * y * y + 90 * c * (x % 3)) % 256);
      return [red, green, blue];
    });
    const { data } = toTensor(pattern, {
      ...{ ...extent, fit: FIT[mode], cropPct, channels: 'rgb', layout: 'nhwc' },
      ...{ range: [0, 1], mean: [0.485, 0.456, 0.406], std: [1, 1, 1] },
    });
    const bytes = data.map((value, i) => (value + [0.485, 0.456, 0.406][i % 3]) * 255);
    // Pillow rounds to bytes after each of two passes.
    bytes.forEach((value, i) => assert.ok(Math.abs(value - rgb[i]) < 1.01, `${i}: ${value}, not ${rgb[i]}`));
  });
}

test('letterbox: the margins by hand', () => {
  // 8 x 4 into 16 x 16: rows 4 to 11, twice the size
  const placement = place({ width: 8, height: 4 }, { width: 16, height: 16, fit: 'letterbox', cropPct: 1 });
  assert.equal(placement.to, { x: 0, y: 4, width: 16, height: 8 });
  // of four feature rows the middle two lie on the picture
  const { data } = carryBack(
    plane(4, 1, (_, y) => [9, 0, 1, 9][y]!),
    placement,
    kernels,
  );
  const column = [0, 1, 2, 3].map((y) => data[y * 8]!);
  // picture row r is at input row 4 + 2 r + 1, which is feature row (5 + 2 r) / 4 - 1/2
  [9 / 4, 1 / 4, 3 / 4, 3 / 4 + 9 / 4].forEach((v, i) =>
    assert.ok(Math.abs(column[i]! - v) < 1e-5, `${column}`),
  );
});

for (const [fit, padding] of [
  ['letterbox', 114], // round(d - 0.1) of Ultralytics' LetterBox
  ['border', 64], // d // 2 of timm's CenterCropOrPad
] as const)
  test(`${fit}: of an odd margin, the smaller half comes first`, () => {
    for (const turned of [false, true]) {
      const [long, short] = [10, 5];
      const white = picture(turned ? short : long, turned ? long : short, () => [255, 255, 255]);
      const settings: Preprocessing = {
        ...{ height: 10, width: 10, fit, cropPct: 1, channels: 'gray', layout: 'nchw' },
        ...{ resample: 'bilinear', range: [0, 255], mean: [64], std: [1] },
      };
      const { data } = toTensor(white, settings);
      // 10 x 5 in 10 x 10: two rows, five of the picture, three rows.
      data.forEach((value, i) => {
        const place = turned ? i % 10 : Math.floor(i / 10);
        assert.is(value + 64, place >= 2 && place < 7 ? 255 : padding, `${i}`);
      });
    }
  });

test('a picture thinner than one element keeps one', () => {
  const { to } = place({ width: 1000, height: 1 }, { width: 10, height: 10, fit: 'letterbox', cropPct: 1 });
  assert.equal(to, { x: 0, y: 4, width: 10, height: 1 });
});

test.run();
