import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import { downloadText } from '../../src/cli/progress.ts';
import { KNOWN_MODELS, type ListedModel } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';
import { camwasm, Place } from './fake.ts';

const named = suite('camwasm --model <name>');

for (const line of ['a.jpg', 'compare a.jpg', 'inspect', 'verify']) {
  named(`camwasm ${line}: a model that is here is loaded by its name`, async () => {
    const { code, stderr, asked } = await camwasm([...line.split(' '), '--model', 'mobilenetv2'], {
      here: true,
    });
    assert.equal([code, stderr, asked.model], [0, '', 'mobilenetv2']);
    assert.equal(asked.models, ['find mobilenetv2']);
  });
}

named('one that is not here is downloaded on a terminal, with its size, origin and destination', async () => {
  const { code, stderr, asked } = await camwasm(['a.jpg', '--model', 'hf:me/cats'], {
    tty: { stderr: true },
  });
  assert.is(code, 0);
  assert.equal(asked.models, ['find hf:me/cats', 'download hf:me/cats']);
  assert.match(
    stderr,
    /^camwasm: note: downloading hf:me\/cats \(4\.0 MB\) from https:\/\/hub\.test\/hf:me\/cats to \/cache\n/,
  );
  assert.match(stderr, /hf:me\/cats \[##### {15}\] 1\.0 of 4\.0 MB/);
  assert.is(asked.model, 'hf:me/cats');
});

named('elsewhere it takes --download', async () => {
  const refused = await camwasm(['a.jpg', '--model', 'mobilenetv2']);
  assert.is(refused.code, 1);
  assert.match(
    refused.stderr,
    /not here: mobilenetv2 \(4\.0 MB\) from \S+\. Pass --download .* \/cache, or run `camwasm models pull mobilenetv2`/,
  );
  assert.equal(refused.asked.models, ['find mobilenetv2']);
  const { code, asked } = await camwasm(['a.jpg', '--model', 'mobilenetv2', '--download']);
  assert.is(code, 0);
  assert.equal(asked.models, ['find mobilenetv2', 'download mobilenetv2']);
});

named('--offline downloads nothing, on a terminal neither', async () => {
  const { code, stderr, asked } = await camwasm(
    ['a.jpg', '--model', 'mobilenetv2', '--offline', '--download'],
    {
      tty: { stderr: true },
    },
  );
  assert.is(code, 1);
  assert.match(stderr, /`camwasm models pull mobilenetv2` while online/);
  assert.equal(asked.models, ['find mobilenetv2']);
  const here = await camwasm(['a.jpg', '--model', 'mobilenetv2', '--offline'], { here: true });
  assert.is(here.code, 0);
  assert.is(here.asked.load!.offline, true);
});

named('a file is a path, whatever it is called; a slash makes one of a known name', async () => {
  const place = new Place().files('a.jpg', 'net');
  const { asked } = await place.run(['a.jpg', '--model', 'net']);
  assert.is(asked.model, join(place.cwd, 'net'));
  assert.equal(asked.models, []);
  const slashed = await place.run(['a.jpg', '--model', './mobilenetv2']);
  assert.is(slashed.asked.model, join(place.cwd, 'mobilenetv2'));
  place.remove();
});

named('a name that is nearly right', async () => {
  const { code, stderr } = await camwasm(['a.jpg', '--model', 'mobilenet2']);
  assert.is(code, 1);
  assert.match(
    stderr,
    /no file "mobilenet2", and no known model.*Did you mean "mobilenetv2"\? `camwasm models`/,
  );
});

named('a malformed name is wrong usage', async () => {
  const { code, stderr } = await camwasm(['a.jpg', '--model', 'hf:cats']);
  assert.is(code, 2);
  assert.match(stderr, /Write hf:owner\/name/);
});

named('--preset reaches the library', async () => {
  const { asked } = await camwasm(['a.jpg', '--model', 'm.onnx', '--preset', 'yolox']);
  assert.is(asked.load!.preset, 'yolox');
});
named.run();

const models = suite('camwasm models');

const LISTED: ListedModel[] = [
  {
    name: 'inside',
    kind: 'builtin',
    here: true,
    path: '/package/inside.onnx',
    bytes: 4_800_000,
    origin: undefined,
    known: undefined,
    classes: 7,
  },
  {
    name: 'mobilenetv2',
    kind: 'known',
    here: false,
    path: undefined,
    bytes: KNOWN_MODELS.mobilenetv2.bytes,
    origin: 'https://hub.test/',
    known: KNOWN_MODELS.mobilenetv2,
    classes: 1000,
  },
  {
    name: 'hf:me/cats',
    kind: 'other',
    here: true,
    path: '/cache/cats.onnx',
    bytes: 2_000_000,
    origin: 'https://hub.test/',
    known: undefined,
    classes: undefined,
  },
];

models('lists what has a name, and whether it is here', async () => {
  const { code, stdout } = await camwasm(['models'], { listed: LISTED });
  assert.is(code, 0);
  assert.is(
    stdout,
    [
      '  name         task            classes  size     accuracy  license',
      '  inside       classification  7        4.8 MB                         built in',
      '  mobilenetv2  classification  1000     14.0 MB  70.9 %    Apache-2.0',
      '  hf:me/cats                            2.0 MB                         here',
      '',
    ].join('\n'),
  );
});
models('--json is one versioned object, with checksums', async () => {
  const { stdout } = await camwasm(['models', '--json'], { listed: LISTED });
  const { schema, models: rows } = JSON.parse(stdout) as {
    schema: string;
    models: Record<string, unknown>[];
  };
  assert.is(schema, 'camwasm/1');
  assert.equal(
    rows.map(({ name, kind, here, sha256, path }) => [name, kind, here, sha256, path]),
    [
      ['inside', 'builtin', true, null, '/package/inside.onnx'],
      ['mobilenetv2', 'known', false, KNOWN_MODELS.mobilenetv2.sha256, null],
      ['hf:me/cats', 'other', true, null, '/cache/cats.onnx'],
    ],
  );
});
models('pull downloads, and says where the file is', async () => {
  const { stdout, asked } = await camwasm(['models', 'pull', 'mobilenetv2']);
  assert.is(stdout, 'mobilenetv2: /cache/mobilenetv2.onnx\n');
  assert.equal(asked.models, ['download mobilenetv2']);
});
models('rm removes, and says how much it was', async () => {
  assert.is(
    (await camwasm(['models', 'rm', 'mobilenetv2'], { here: true })).stdout,
    'mobilenetv2: 4.0 MB removed\n',
  );
  assert.is((await camwasm(['models', 'rm', 'mobilenetv2'])).stdout, 'mobilenetv2: was not here\n');
});
models('path prints nothing but the path', async () => {
  assert.is(
    (await camwasm(['models', 'path', 'mobilenetv2'], { here: true })).stdout,
    '/cache/mobilenetv2.onnx\n',
  );
  const { code, stdout, stderr } = await camwasm(['models', 'path', 'mobilenetv2']);
  assert.equal([code, stdout], [1, '']);
  assert.match(stderr, /not here\. Run `camwasm models pull mobilenetv2`/);
});
for (const [line, message] of [
  ['models pul mobilenetv2', /Did you mean "pull"/],
  ['models pull', /takes the name of one model/],
  ['models rm a b', /takes the name of one model/],
] as const) {
  models(`camwasm ${line} is wrong usage`, async () => {
    const { code, stderr } = await camwasm(line.split(' '));
    assert.is(code, 2);
    assert.match(stderr, message);
  });
}
models('the help leads to more models', async () => {
  for (const command of ['models', ''])
    assert.match(
      (await camwasm([command, '--help'].filter(Boolean))).stdout,
      /https:\/\/huggingface\.co\/models\?library=onnx/,
    );
});
models.run();

const bar = suite('the progress of a download');

bar('has a bar, how much, how fast, and the time left', () =>
  assert.is(
    downloadText({ model: 'm', done: 5_000_000, total: 20_000_000 }, 3_000_000, 1500),
    'm [#####               ] 5.0 of 20.0 MB  2.0 MB/s  8 s left',
  ),
);
bar('of an unknown size tells what it can', () =>
  assert.is(
    downloadText({ model: 'm', done: 5_000_000, total: undefined }, 5_000_000, 1000),
    'm 5.0 MB  5.0 MB/s',
  ),
);
bar('before anything has arrived', () =>
  assert.is(
    downloadText({ model: 'm', done: 0, total: 1_000_000 }, 0, 0),
    'm [                    ] 0.0 of 1.0 MB',
  ),
);
bar.run();

const images = suite('images by their address');

/** Runs work with a server of pictures. */
async function serving(work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/cat')) response.end('picture');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

images('are read, and name their results', () =>
  serving(async (url) => {
    const { code, written, asked } = await camwasm([`${url}/cat.jpg?size=large`]);
    assert.is(code, 0);
    assert.equal(written, ['cat.gradcam.png']);
    assert.is(new TextDecoder().decode(asked.calls[0].image as Uint8Array), 'picture');
  }),
);
images('that are not there', () =>
  serving(async (url) => {
    const { code, stderr } = await camwasm([`${url}/dog.jpg`]);
    assert.is(code, 1);
    assert.match(stderr, /dog\.jpg: It cannot be read: HTTP 404/);
  }),
);
images('are not asked for with --offline', () =>
  serving(async (url) => {
    const { code, stderr, asked } = await camwasm([`${url}/cat.jpg`, '--offline']);
    assert.is(code, 1);
    assert.match(stderr, /on the network, which --offline forbids/);
    assert.equal(asked.calls, []);
  }),
);
images.run();

const folders = suite('a folder of a model');
folders('is a path', async () => {
  const place = new Place().files('a.jpg');
  writeFileSync(join(place.cwd, 'config.json'), '{}');
  const { asked } = await place.run(['a.jpg', '--model', '.']);
  assert.is(asked.model, place.cwd);
  place.remove();
});
folders.run();
