import { count, figure, millions, number, paragraphs, percent, table } from '../markdown.mjs';

/** @param {object | undefined} steps what steps.mjs printed */
export function stepsSection(steps) {
  if (!steps) return undefined;
  return paragraphs(
    '## Each step by itself',
    `In one process on ${count(steps.rows)} rows of dirty sales, without Kafka and PostgreSQL; medians of ${number(steps.repetitions)} turns, in which all steps alternate. Garbage is what a row leaves behind.`,
    table(
      ['step', '', '>rows per CPU s', '>±', '>CPU s per 1M', '>garbage, B a row', '>buffers, B a row'],
      Object.entries(steps.steps).map(([name, step]) => [
        name,
        step.what,
        millions(step.rows_per_cpu_second),
        percent(step.spread),
        figure(step.cpu_seconds_per_million),
        bytes(step.heap_bytes_per_row),
        bytes(step.buffer_bytes_per_row),
      ]),
    ),
  );
}

/** Null: garbage was collected during every pass. */
function bytes(value) {
  return value === null || value === undefined ? '-' : number(Math.max(0, value), 1);
}
