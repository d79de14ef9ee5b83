import {
  type CodeVector,
  type ExpressionInput,
  NULL_CODE,
  NULL_SPAN,
  type SpanVector,
  type TextSink,
  type Vector,
} from './vectors.js';

/** Writes the texts of all rows, each distinct one of a dictionary once. */
export function storeTexts(column: Vector, sink: TextSink, texts: (string | null)[], input: ExpressionInput): void {
  if (column.encoding === 'dictionary') storeCodes(column, sink, texts, input);
  else storeSpans(column as SpanVector, sink, texts, input);
}

function storeSpans(
  { start, end }: SpanVector,
  sink: TextSink,
  texts: (string | null)[],
  input: ExpressionInput,
): void {
  const { count, failure } = input;
  let size = 0;
  for (let row = 0; row < count; row++) if (failure[row] === 0) size += Buffer.byteLength(texts[row] ?? '');
  sink.reserve(size);
  let last: string | null = null;
  let from = 0;
  let to = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const text = texts[row];
    if (text === null) {
      start[row] = end[row] = NULL_SPAN;
      continue;
    }
    // Neighbouring rows that say the same share their bytes.
    if (text !== last) {
      from = sink.write(text);
      to = sink.end;
      last = text;
    }
    start[row] = from;
    end[row] = to;
  }
}

function storeCodes(
  { codes, entries }: CodeVector,
  sink: TextSink,
  texts: (string | null)[],
  input: ExpressionInput,
): void {
  const { count, failure } = input;
  const numbers = new Map<string, number>();
  let size = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const text = texts[row];
    if (text === null) {
      codes[row] = NULL_CODE;
      continue;
    }
    let code = numbers.get(text);
    if (code === undefined) {
      code = numbers.size;
      numbers.set(text, code);
      size += Buffer.byteLength(text);
    }
    codes[row] = code;
  }
  sink.reserve(size);
  // Spans first: the view is whole when all is written. Entries are numbered in this order, too.
  const spans = [...numbers.keys()].map((text) => [sink.write(text), sink.end]);
  entries.begin(sink.view);
  for (const [from, to] of spans) entries.codeOf(from, to);
}
