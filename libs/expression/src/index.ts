export { type CheckedExpression, checkExpression, fits } from './check.js';
export * from './column.js';
export { type CompiledExpression, compileExpression, ExpressionError, type ExpressionTarget } from './compile.js';
export type {
  CodeVector,
  Entries,
  ExpressionInput,
  ExpressionOutput,
  IntVector,
  LanesVector,
  SpanVector,
  TextSink,
  Vector,
} from './vectors.js';
