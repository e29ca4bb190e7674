// An ESLint rule against prototypes: a name from outside may be `constructor` or `__proto__`.
import { ESLintUtils } from '@typescript-eslint/utils';
import ts from 'typescript';

const WIDE = ts.TypeFlags.String | ts.TypeFlags.Any | ts.TypeFlags.Unknown;

const isWide = (type) => (type.isUnion() ? type.types.some(isWide) : (type.flags & WIDE) !== 0);

/** No object is indexed by a name of any value: `table[name]` finds what every object inherits. */
export const names = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      name: 'A name may be `constructor`, which every object has. Use a Map, or `ownValue` of src/table.ts.',
    },
  },
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    const check = (node, key) => {
      if (key.type === 'Literal' || key.type === 'TemplateLiteral') return;
      if (isWide(services.getTypeAtLocation(key))) context.report({ node, messageId: 'name' });
    };
    return {
      MemberExpression: (node) => node.computed && check(node, node.property),
      BinaryExpression: (node) => node.operator === 'in' && check(node, node.left),
    };
  },
};
