/** The measures of the Pollock benchmark (Vitagliano et al., VLDB 2023), ported from its evaluate.py and metrics.py. */
import { normalizeCell } from './normalize.mjs';

export const MEASURES = /** @type {const} */ ([
  'success',
  'header_precision',
  'header_recall',
  'header_f1',
  'record_precision',
  'record_recall',
  'record_f1',
  'cell_precision',
  'cell_recall',
  'cell_f1',
]);

/**
 * The ten measures of a file, each 0 to 1.
 * @param {string} clean text of the file as it should be @param {string} loaded text as the system under test wrote it
 */
export function measure(clean, loaded) {
  if (loaded.split('\n', 1)[0] === 'Application Error') return MEASURES.map(() => 0);
  const source_rows = readCsv(clean);
  const loaded_rows = readCsv(loaded);
  if (source_rows.length === 0) return MEASURES.map(() => 1);
  const join = (/** @type {string[]} */ row) => row.map(normalizeCell).join('');
  return [
    1,
    ...compare(source_rows[0].map(normalizeCell), (loaded_rows[0] ?? []).map(normalizeCell)),
    ...compare(source_rows.slice(1).map(join), loaded_rows.slice(1).map(join)),
    ...compare(source_rows.flat(), loaded_rows.flat()),
  ];
}

/** What the benchmark calls precision is the share of the source's items, and recall the share of the loaded ones. @param {string[]} source @param {string[]} loaded */
function compare(source, loaded) {
  if (source.length === 0) return [1, 1, 1];
  const counts = new Map();
  for (const item of source) counts.set(item, (counts.get(item) ?? 0) + 1);
  let common = 0;
  for (const item of loaded) {
    const left = counts.get(item) ?? 0;
    if (left === 0) continue;
    counts.set(item, left - 1);
    common++;
  }
  if (common === 0) return [0, 0, 0];
  const precision = common / source.length;
  const recall = common / loaded.length;
  return [precision, recall, ((precision * recall) / (precision + recall)) * 2];
}

/** Reads like Python's csv.reader with its defaults, from a file opened with any line ends. @param {string} text */
export function readCsv(text) {
  const input = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  /** @type {string[][]} */
  const rows = [];
  /** @type {string[]} */
  let row = [];
  for (let at = 0; at < input.length; ) {
    let field = '';
    if (input[at] === '"') {
      for (at++; at < input.length; ) {
        const close = input.indexOf('"', at);
        const end = close < 0 ? input.length : close;
        field += input.slice(at, end);
        at = end + 1;
        if (input[at] !== '"' || close < 0) break;
        field += '"';
        at++;
      }
    }
    let end = at;
    while (end < input.length && input[end] !== ',' && input[end] !== '\n') end++;
    row.push(field + input.slice(at, end));
    at = end + 1;
    if (input[end] === ',' && at < input.length) continue;
    if (input[end] === ',') row.push('');
    rows.push(row.length === 1 && row[0] === '' && input[end - 1] !== '"' ? [] : row);
    row = [];
  }
  return rows;
}
