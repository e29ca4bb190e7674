import ts from 'typescript';

/** One small change of a source file. */
export interface Mutation {
  /** Path from the root of the repository. */
  readonly file: string;
  /** Line of the change, from 1. */
  readonly line: number;
  /** The range of text that is replaced. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

type Replacement = readonly [node: ts.Node, text: string];

/** Every mutation of a file: operators, constants, comparisons, conditions and calls. */
export function mutationsOf(file: string, source: string): Mutation[] {
  const root = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Mutation[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isInterfaceDeclaration(node) || isMessage(node)) return;
    for (const [place, text] of replacements(node)) {
      const [start, end] = [place.getStart(root), place.getEnd()];
      const line = root.getLineAndCharacterOfPosition(start).line + 1;
      found.push({ file, line, start, end, text });
    }
    ts.forEachChild(node, visit);
  };
  visit(root);
  return found;
}

export const mutated = (source: string, { start, end, text }: Mutation): string =>
  source.slice(0, start) + text + source.slice(end);

const OPERATORS = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AsteriskToken, '/'],
  [ts.SyntaxKind.SlashToken, '*'],
  [ts.SyntaxKind.PercentToken, '*'],
  [ts.SyntaxKind.AsteriskAsteriskToken, '*'],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.EqualsEqualsToken, '!='],
  [ts.SyntaxKind.ExclamationEqualsToken, '=='],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.AmpersandToken, '|'],
  [ts.SyntaxKind.BarToken, '&'],
  [ts.SyntaxKind.CaretToken, '|'],
  [ts.SyntaxKind.LessThanLessThanToken, '>>'],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, '<<'],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken, '<<'],
  [ts.SyntaxKind.PlusEqualsToken, '-='],
  [ts.SyntaxKind.MinusEqualsToken, '+='],
  [ts.SyntaxKind.AsteriskEqualsToken, '/='],
]);

/** Functions that stand for one another, or for their first argument. */
const FUNCTIONS = new Map([
  ['Math.abs', undefined],
  ['Math.max', undefined],
  ['Math.min', undefined],
  ['Math.sqrt', undefined],
  ['Math.floor', 'Math.ceil'],
  ['Math.ceil', 'Math.floor'],
  ['Math.round', 'Math.floor'],
  ['Math.trunc', 'Math.floor'],
  ['f32x4.abs', undefined],
  ['f32x4.max', undefined],
  ['f32x4.add', 'f32x4.sub'],
  ['f32x4.sub', 'f32x4.add'],
  ['f32x4.mul', 'f32x4.add'],
  ['f64x2.add', 'f64x2.sub'],
  ['f64x2.mul', 'f64x2.add'],
  ['min', 'max'],
  ['max', 'min'],
  ['abs', undefined],
]);

/** Methods whose result may stand where the object itself does. */
const METHODS = [
  'filter',
  'sort',
  'toSorted',
  'reverse',
  'toReversed',
  'slice',
  'trim',
  'toLowerCase',
  'flat',
];

function replacements(node: ts.Node): Replacement[] {
  if (ts.isBinaryExpression(node)) {
    const operator = OPERATORS.get(node.operatorToken.kind);
    if (node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) return [[node, node.left.getText()]];
    return operator === undefined || isText(node.left) || isText(node.right)
      ? []
      : [[node.operatorToken, operator]];
  }
  if (ts.isNumericLiteral(node)) return constants(node);
  if (ts.isPrefixUnaryExpression(node)) {
    const { operator, operand } = node;
    const removable = operator === ts.SyntaxKind.MinusToken || operator === ts.SyntaxKind.ExclamationToken;
    return removable ? [[node, operand.getText()]] : [];
  }
  if (ts.isCallExpression(node)) return calls(node);
  if (ts.isIfStatement(node)) return [[node.expression, 'false']];
  if (ts.isConditionalExpression(node))
    return [[node, `(${node.whenTrue.getText()})`], [node, `(${node.whenFalse.getText()})`]]; // prettier-ignore
  if (ts.isExpressionStatement(node)) return [[node, ';']];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [[node, 'false']];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [[node, 'true']];
  return [];
}

function constants(node: ts.NumericLiteral): Replacement[] {
  if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return [];
  const value = Number(node.text);
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return [[node, String(value + 1)]];
  return [[node, String(value * 10)], [node, String(value * 1.001)]]; // prettier-ignore
}

function calls(node: ts.CallExpression): Replacement[] {
  const name = node.expression.getText();
  if (FUNCTIONS.has(name) && node.arguments.length > 0) {
    const other = FUNCTIONS.get(name);
    return [other === undefined ? [node, `(${node.arguments[0].getText()})`] : [node.expression, other]];
  }
  return ts.isPropertyAccessExpression(node.expression) && METHODS.includes(node.expression.name.text)
    ? [[node, node.expression.expression.getText()]]
    : [];
}

const isText = (node: ts.Node): boolean =>
  ts.isStringLiteralLike(node) ||
  ts.isTemplateExpression(node) ||
  (ts.isBinaryExpression(node) && isText(node.left));

/** Messages of errors, warnings and help: their words are no behavior. */
const isMessage = (node: ts.Node): boolean => ts.isTemplateExpression(node);
