"""Makes real.json: maps of real.test.ts by Pillow, onnxruntime and NumPy (pip install pillow onnx onnxruntime).

python real.py MODELS, the folder that CAMWASM_MODELS names. Gradients are differences of the part of the model that
lies behind the layer.
"""
import json
import os
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from PIL import Image

MODELS = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
TORCH = dict(range=[0, 1], mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
TENSORFLOW = dict(range=[-1, 1], mean=[0, 0, 0], std=[1, 1, 1])
GRAY = dict(range=[-1, 1], mean=[0], std=[1])

# model, photo, layer, score (without its softmax), the class or None for the best, preprocessing, channels last
ROWS = [
    ('mobilenet_v2_1.0_224', 's_zebra.jpg', 't110', 'logits', None, TENSORFLOW, False),
    ('mobilenet_v2_1.0_224', 's_ladybug.jpg', 't114', 'logits', None, TENSORFLOW, False),
    ('squeezenet1_1_torchnorm', 's_goldfish.jpg', 'fire9/concat_1', 'logits', None, TORCH, False),
    ('resnet20_cifar10', 's_sports_car.jpg', 'layer3.1.relu2', 'logits', 1, TORCH, False),
    ('fer2013_mini_xception', 'm_person_tie.png', 'add_4', 'global_average_pooling2d_1', 3, GRAY, False),
    ('deeplab_v3_257', 'm_two_horses.jpg', 'Relu__94:0', 'ResizeBilinear_3', 13, TENSORFLOW, True),
]


def session(model, file):
    path = os.path.join(tempfile.gettempdir(), file)
    onnx.save(model, path)
    return onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])


def prepared(photo, height, width, settings):
    """Stretched with an antialiasing bilinear filter, as [channels, height, width]."""
    mode = 'RGB' if len(settings['mean']) == 3 else 'L'
    image = Image.open(os.path.join(MODELS, '../photos', photo)).convert('RGB')
    pixels = np.asarray(image.resize((width, height), Image.BILINEAR), np.float64)
    if mode == 'L':
        pixels = (pixels @ [0.299, 0.587, 0.114])[..., None]
    black, white = settings['range']
    values = black + pixels / 255 * (white - black)
    return ((values - settings['mean']) / settings['std']).transpose(2, 0, 1).astype(np.float32)


def score_of(outputs, index, last):
    """The class's score, summed over the pixels of a segmentation."""
    y = outputs[0].astype(np.float64)
    y = y.reshape(len(y), -1, y.shape[-1])[..., index] if last else y.reshape(len(y), y.shape[1], -1)[:, index]
    return y.sum(-1)


def maps(name, photo, layer, score, index, settings, last):
    path = os.path.join(MODELS, f'{name}.onnx')
    model = onnx.load(path)
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    given = next(one for one in graph.input if one.name not in weights)
    dims = [dim.dim_value for dim in given.type.tensor_type.shape.dim]
    height, width = dims[1:3] if last else dims[2:4]
    x = prepared(photo, height, width, settings)[None]
    x = x.transpose(0, 2, 3, 1) if last else x
    tapped = onnx.load(path)
    for value in (layer, score):
        if value not in [output.name for output in graph.output]:
            tapped.graph.output.append(onnx.helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, None))
    A, y = session(tapped, 'tapped.onnx').run([layer, score], {given.name: x})
    if index is None:
        index = int(y.reshape(-1).argmax())
    inferred = onnx.shape_inference.infer_shapes(model)
    head = onnx.utils.Extractor(inferred).extract_model([layer], [score])
    behind = session(head, 'head.onnx')
    channels, positions = A.shape[1], A.shape[2] * A.shape[3]
    # dy/dA summed over space, by moving a whole channel
    step = np.float32(0.02 * A.std())
    slopes = []
    for k in range(channels):
        both = []
        for sign in (1, -1):
            moved = A.copy()
            moved[:, k] += sign * step
            both.append(score_of(behind.run(None, {layer: moved}), index, last)[0])
        slopes.append((both[0] - both[1]) / (2 * float(step)))
    flat = A[0].reshape(channels, positions).astype(np.float64)
    gradcam = np.array(slopes) / positions @ flat
    first = np.linalg.svd(flat.T, full_matrices=False)[2][0] @ flat
    eigencam = first * (np.sign(first @ flat.sum(0)) or 1)
    of = lambda values: [float(f'{value:.4g}') for value in values]
    return dict(
        model=name, photo=photo, layer=layer, target=index, size=list(A.shape[2:]),
        preprocessing=dict(settings, fit='stretch', resample='antialias'),
        gradcam=of(gradcam), eigencam=of(eigencam),
    )


found = [maps(*row) for row in ROWS]
with open(os.path.join(HERE, 'real.json'), 'w') as file:
    file.write('[\n' + ',\n'.join(json.dumps(one) for one in found) + '\n]\n')
