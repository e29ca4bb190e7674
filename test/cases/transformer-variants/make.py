"""Makes the models of this folder: one small ViT and one small Swin, and each as tools of onnxruntime quantize and fuse it.

usage: python make.py  (onnx 1.23, onnxruntime 1.32, numpy 2.4)
"""
import os
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

HERE = os.path.dirname(os.path.abspath(__file__))
CHANNELS, HEADS, CLASSES = 16, 2, 5


class Draft:
    def __init__(self, seed, fused=None):
        self.random = np.random.RandomState(seed)
        self.fused = fused
        self.nodes, self.weights, self.count = [], [], 0

    def constant(self, values, dtype=np.float32):
        self.count += 1
        self.weights.append(numpy_helper.from_array(np.asarray(values, dtype), f"w{self.count}"))
        return f"w{self.count}"

    def drawn(self, *dims, scale=0.5):
        return self.constant(scale * self.random.randn(*dims))

    def op(self, op, *inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"{op.lower()}{self.count}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def reshape(self, x, *dims):
        return self.op("Reshape", x, self.constant(dims, np.int64))

    def linear(self, x, rows, columns):
        weights = self.drawn(rows, columns, scale=1 / np.sqrt(rows))
        return self.op("Add", self.op("MatMul", x, weights), self.drawn(columns, scale=0.1))

    def norm(self, x):
        return self.op("LayerNormalization", x, self.constant(1 + 0.2 * self.random.randn(CHANNELS)), self.drawn(CHANNELS, scale=0.1))

    def fused_attention(self, x, mask):
        """The same as `attention` in one node, with equal weights. The mask is that of a class token and 16 patches."""
        # The values after it have the names of the float model.
        after = self.count + (30 if mask is None else 32)
        drawn = [(self.random.randn(CHANNELS, CHANNELS) / np.sqrt(CHANNELS), 0.1 * self.random.randn(CHANNELS)) for _ in range(3)]
        bias = np.concatenate([shift for _, shift in drawn])
        keys = lambda: "" if mask is None else self.constant((mask == 0).reshape(1, 17), np.int32)
        if self.fused in ("attention", "lengths"):
            weights = self.constant(np.concatenate([matrix for matrix, _ in drawn], axis=1))
            seen = self.constant([np.sum(mask == 0)], np.int32) if self.fused == "lengths" else keys()
            mixed = self.op("Attention", x, weights, self.constant(bias), seen, domain="com.microsoft", num_heads=HEADS)
        elif self.fused == "heads":
            parts = [self.op("MatMul", x, self.constant(matrix)) for matrix, _ in drawn]
            mixed = self.op("MultiHeadAttention", *parts, self.constant(bias), keys(), domain="com.microsoft", num_heads=HEADS)
        else:
            parts = [self.op("Add", self.op("MatMul", x, self.constant(matrix)), self.constant(shift)) for matrix, shift in drawn]
            seen = "" if mask is None else self.constant(np.broadcast_to(mask == 0, (1, 1, 17, 17)), np.bool_)
            mixed = self.op("Attention", *parts, seen, q_num_heads=HEADS, kv_num_heads=HEADS)
        self.count = after
        return self.linear(mixed, CHANNELS, CHANNELS)

    def attention(self, x, batch, tokens, mask=None):
        if self.fused:
            return self.fused_attention(x, mask)
        size = CHANNELS // HEADS
        parts = [self.op("Transpose", self.reshape(self.linear(x, CHANNELS, CHANNELS), batch, tokens, HEADS, size), perm=[0, 2, 1, 3]) for _ in range(3)]
        scores = self.op("MatMul", parts[0], self.op("Transpose", parts[1], perm=[0, 1, 3, 2]))
        scores = self.op("Mul", scores, self.constant(1 / np.sqrt(size)))
        if mask is not None:
            scores = self.op("Add", scores, self.constant(mask))
        mixed = self.op("MatMul", self.op("Softmax", scores, axis=-1), parts[2])
        return self.linear(self.reshape(self.op("Transpose", mixed, perm=[0, 2, 1, 3]), batch, tokens, CHANNELS), CHANNELS, CHANNELS)

    def mlp(self, x):
        hidden = self.linear(x, CHANNELS, 2 * CHANNELS)
        erf = self.op("Erf", self.op("Div", hidden, self.constant(np.sqrt(2))))
        gelu = self.op("Mul", self.op("Mul", hidden, self.op("Add", erf, self.constant(1))), self.constant(0.5))
        return self.linear(gelu, 2 * CHANNELS, CHANNELS)

    def patches(self, x, size):
        return self.op("Conv", x, self.drawn(CHANNELS, 3, size, size, scale=0.2), self.drawn(CHANNELS, scale=0.1), strides=[size, size])

    def model(self, y, side):
        self.nodes[-1].output[0] = "logits"
        graph = helper.make_graph(
            self.nodes,
            "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, side, side])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, CLASSES])],
            self.weights,
        )
        if self.fused:
            opsets = [helper.make_opsetid("", 23 if self.fused == "standard" else 17), helper.make_opsetid("com.microsoft", 1)]
            return helper.make_model(graph, opset_imports=opsets, ir_version=10)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        return onnx.shape_inference.infer_shapes(model, strict_mode=True)


def vit(fused=None, mask=None):
    d = Draft(1, fused)
    tokens = d.op("Transpose", d.reshape(d.patches("x", 4), 1, CHANNELS, 16), perm=[0, 2, 1])
    x = d.op("Add", d.op("Concat", d.drawn(1, 1, CHANNELS), tokens, axis=1), d.drawn(1, 17, CHANNELS))
    for _ in range(2):
        x = d.op("Add", x, d.attention(d.norm(x), 1, 17, mask))
        x = d.op("Add", x, d.mlp(d.norm(x)))
    token = d.op("Gather", d.norm(x), d.constant(0, np.int64), axis=1)
    return d.model(d.op("Gemm", token, d.drawn(CHANNELS, CLASSES), d.drawn(CLASSES)), 16)


def swin():
    """Two blocks with windows of 4 x 4 tokens in a grid of 8 x 8; the second one shifts them by 2."""
    d = Draft(2)
    x = d.op("Transpose", d.reshape(d.patches("x", 4), 1, CHANNELS, 64), perm=[0, 2, 1])
    region = np.repeat([0, 1, 2], [4, 2, 2])
    labels = (3 * region[:, None] + region).reshape(2, 4, 2, 4).transpose(0, 2, 1, 3).reshape(4, 16)
    mask = np.where(labels[:, None, :] == labels[:, :, None], 0, -100)[:, None]

    def roll(value, shift):
        for axis in (1, 2):
            cut = lambda start, end: d.op("Slice", value, *(d.constant([n], np.int64) for n in (start, end, axis)))
            value = d.op("Concat", cut(shift, 8), cut(0, shift), axis=axis)
        return value

    for shift in (0, 2):
        grid = d.reshape(d.norm(x), 1, 8, 8, CHANNELS)
        grid = roll(grid, shift) if shift else grid
        windows = d.op("Transpose", d.reshape(grid, 1, 2, 4, 2, 4, CHANNELS), perm=[0, 1, 3, 2, 4, 5])
        mixed = d.attention(d.reshape(windows, 4, 16, CHANNELS), 4, 16, mask if shift else None)
        back = d.op("Transpose", d.reshape(mixed, 1, 2, 2, 4, 4, CHANNELS), perm=[0, 1, 3, 2, 4, 5])
        grid = d.reshape(back, 1, 8, 8, CHANNELS)
        grid = roll(grid, 8 - shift) if shift else grid
        x = d.op("Add", x, d.reshape(grid, 1, 64, CHANNELS))
        x = d.op("Add", x, d.mlp(d.norm(x)))
    pooled = d.reshape(d.op("ReduceMean", d.norm(x), axes=[1], keepdims=0), 1, CHANNELS)
    return d.model(d.op("Gemm", pooled, d.drawn(CHANNELS, CLASSES), d.drawn(CLASSES)), 32)


class Images(CalibrationDataReader):
    def __init__(self, x):
        noise = np.random.RandomState(9)
        self.images = iter([x] + [x + 0.2 * noise.randn(*x.shape).astype(np.float32) for _ in range(7)])

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {"x": image}


def with_old_norms(model):
    """Layer normalization in single steps, as exporters wrote it before opset 17."""
    nodes, weights = [], [numpy_helper.from_array(np.float32(2), "two"), numpy_helper.from_array(np.float32(1e-5), "epsilon")]
    for node in model.graph.node:
        if node.op_type != "LayerNormalization":
            nodes.append(node)
            continue
        (x, scale, shift), (y,) = node.input, node.output
        steps = [
            ("ReduceMean", [x], "mean", {"axes": [-1]}),
            ("Sub", [x, y + "mean"], "centered", {}),
            ("Pow", [y + "centered", "two"], "squared", {}),
            ("ReduceMean", [y + "squared"], "variance", {"axes": [-1]}),
            ("Add", [y + "variance", "epsilon"], "shifted", {}),
            ("Sqrt", [y + "shifted"], "deviation", {}),
            ("Div", [y + "centered", y + "deviation"], "normal", {}),
            ("Mul", [y + "normal", scale], "scaled", {}),
            ("Add", [y + "scaled", shift], "", {}),
        ]
        nodes += [helper.make_node(op, inputs, [y + name], **attributes) for op, inputs, name, attributes in steps]
    copy = helper.make_model(
        helper.make_graph(nodes, "net", model.graph.input, model.graph.output, [*model.graph.initializer, *weights]),
        opset_imports=model.opset_import,
        ir_version=8,
    )
    return onnx.shape_inference.infer_shapes(copy, strict_mode=True)


def with_skip_norms(model, biases=False):
    """Sums and the normalization after them in one node, as onnxruntime's optimizer for transformers writes it, also with the
    bias of the layer before."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    sums = {node.output[0]: node for node in copy.graph.node if node.op_type == "Add"}
    readers = lambda name: sum(name in node.input for node in copy.graph.node)
    gone, nodes = [], []
    for node in copy.graph.node:
        total = sums.get(node.input[0]) if node.op_type == "LayerNormalization" else None
        if total is None or any(name.startswith("w") for name in total.input):
            nodes.append(node)
            continue
        outputs = [node.output[0], "", "", total.output[0]] if readers(total.output[0]) > 1 else [node.output[0]]
        parts = list(total.input)
        biased = sums.get(parts[1])
        bias = [biased.input[1]] if biases and biased and biased.input[1].startswith("w") else []
        if bias:
            gone.append(biased)
            parts[1] = biased.input[0]
        fused = helper.make_node("SkipLayerNormalization", [*parts, *node.input[1:], *bias], outputs, domain="com.microsoft", epsilon=1e-5)
        gone.append(total)
        nodes.append(fused)
    del copy.graph.node[:]
    copy.graph.node.extend(node for node in nodes if node not in gone)
    copy.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return copy


def fused(path, target):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = target
    ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    # A second run of the optimizer stops at the names of values that the first one made.
    model = onnx.load(target)
    values = {*(w.name for w in model.graph.initializer), *(name for node in model.graph.node for name in node.output)}
    original = onnx.load(path).graph
    given = {*(w.name for w in original.initializer), *(name for node in original.node for name in node.output)}
    names = {name: "fused_" + name for name in values - given - {""}}
    for weights in model.graph.initializer:
        weights.name = names.get(weights.name, weights.name)
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    onnx.save(model, target)


def main():
    for name, model, side in (("vit", vit(), 16), ("swin", swin(), 32)):
        path = lambda variant: os.path.join(HERE, f"{name}-{variant}.onnx")
        x = np.random.RandomState(3).randn(1, 3, side, side).astype(np.float32)
        np.save(os.path.join(HERE, f"{name}-x.npy"), x)
        onnx.save(model, path("float"))
        with tempfile.TemporaryDirectory() as folder:
            old = os.path.join(folder, "old.onnx")
            onnx.save(with_old_norms(model), old)
            static = dict(activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True)
            quantize_static(path("float"), path("qdq"), Images(x), quant_format=QuantFormat.QDQ, **static)
            quantize_static(path("float"), path("qoperator"), Images(x), quant_format=QuantFormat.QOperator, **static)
            quantize_static(old, path("qdq-old-norms"), Images(x), quant_format=QuantFormat.QDQ, **static)
            quantize_dynamic(path("float"), path("dynamic"), weight_type=QuantType.QInt8)
        fused(path("float"), path("extended"))
        onnx.save(with_skip_norms(model), path("skip"))
        onnx.save(with_skip_norms(model, biases=True), path("skip-biases"))
        show(name, x, ("float", "qdq", "qdq-old-norms", "qoperator", "dynamic", "extended", "skip", "skip-biases"))


def fused_attention():
    """Whole attentions in one node, without a mask and with one that hides the last 5 patches."""
    x = np.load(os.path.join(HERE, "vit-x.npy"))
    path = lambda name: os.path.join(HERE, f"{name}.onnx")
    for kind in ("attention", "heads", "standard"):
        onnx.save(vit(kind), path(f"vit-{kind}"))
    quantize_dynamic(path("vit-attention"), path("vit-attention-dynamic"), weight_type=QuantType.QInt8, extra_options={"DefaultTensorType": TensorProto.FLOAT})
    show("vit", x, ("float", "attention", "heads", "standard", "attention-dynamic"))
    mask = np.where(np.arange(17) < 12, 0, -10000).reshape(1, 1, 1, 17)
    onnx.save(vit(mask=mask), path("masked-float"))
    for kind in ("attention", "lengths", "heads", "standard"):
        onnx.save(vit(kind, mask), path(f"masked-{kind}"))
    np.save(os.path.join(HERE, "masked-x.npy"), x)
    show("masked", x, ("float", "attention", "lengths", "heads", "standard"))


def show(name, x, variants):
    for variant in variants:
        session = ort.InferenceSession(os.path.join(HERE, f"{name}-{variant}.onnx"), providers=["CPUExecutionProvider"])
        print(name, variant, session.run(None, {"x": x})[0].round(3))


if __name__ == "__main__":
    main()
    fused_attention()
