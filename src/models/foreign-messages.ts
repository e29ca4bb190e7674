import { type Field, fields, utf8 } from '../onnx/wire.ts';

/** Fields that tell a message: ONNX, and the formats here, declare themselves before their weights. */
const MOST_FIELDS = 64;

/** The first fields of a protobuf message; fewer where it is damaged. */
export function firstFields(bytes: Uint8Array): readonly Field[] {
  const found: Field[] = [];
  try {
    for (const field of fields(bytes)) {
      found.push(field);
      if (found.length === MOST_FIELDS) break;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return found;
}

const isMessage = (field: Field | undefined, id: number): field is Field =>
  field?.id === id && field.wire === 2;

/** tensorflow/core/protobuf/saved_model.proto: a version, then graphs, each with its own version first. */
export function isSavedModel([version, graph]: readonly Field[]): boolean {
  if (version?.id !== 1 || version.number !== 1 || !isMessage(graph, 2)) return false;
  const [info, nodes] = firstFields(graph.bytes);
  return isMessage(info, 1) && isMessage(nodes, 2) && isGraphDef(firstFields(nodes.bytes));
}

/** tensorflow/core/framework/graph.proto: nodes with a name and an operator. */
export function isGraphDef([node]: readonly Field[]): boolean {
  if (!isMessage(node, 1)) return false;
  const [name, op] = firstFields(node.bytes);
  return isMessage(name, 1) && isMessage(op, 2) && /^_?[A-Z]\w*$/.test(utf8(op.bytes));
}

/** coremltools/mlmodel/format/Model.proto: a version, a description, and one of the kinds of models from 200 on. */
export const isCoreMl = ([version, description, ...rest]: readonly Field[]): boolean =>
  version?.id === 1 && version.wire === 0 && isMessage(description, 2) && rest.some(({ id }) => id >= 200);
