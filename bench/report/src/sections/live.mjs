import { figure, milliseconds, number, paragraphs, table } from '../markdown.mjs';

const WAY = { http: 'HTTP', kafka: 'Kafka' };
const PARTS = {
  ingest: 'handed to the client → bronze (inbox, packing, record of the chunk)',
  clean: 'bronze → silver',
  screen: 'silver → screened',
  apply: 'screened → commit',
};
const QUANTILES = ['mean_ms', 'p50_ms', 'p95_ms', 'p99_ms', 'max_ms'];
const HEAD = ['>mean', '>p50', '>p95', '>p99', '>max'];

const figures = (distribution) => QUANTILES.map((name) => milliseconds(distribution[name]));
const nameOf = ({ via, client }) => `${WAY[via]} (${client})`;

/** @param {object | undefined} live what live.mjs printed */
export function liveSection(live) {
  if (!live) return undefined;
  const { rate, seconds, warm_up, results } = live;
  const busy = results.map(({ via, cpu_cores }) => {
    const all = Object.values(cpu_cores).reduce((sum, cores) => sum + cores, 0);
    return `${WAY[via]} ${number(all, 2)}`;
  });
  return paragraphs(
    `## Live, ${number(rate)} rows/s`,
    `From the moment a row is handed to the client (the request over HTTP, the message to Kafka) to the commit of its transaction, which is also that of its share of gold.
Exact, of every row of ${number(seconds)} s behind ${number(warm_up)} s of warm-up. Servers and producer share the machine; cores busy: ${busy.join(', ')}.`,
    table(
      ['', ...HEAD, '>rows', '>rows a transaction'],
      results.map((one) => [
        nameOf(one),
        ...figures(one),
        number(one.count),
        figure(one.count / one.stages.transactions),
      ]),
    ),
    'Where that time goes:',
    table(
      ['', ...HEAD],
      results.flatMap((one) =>
        Object.entries(PARTS).map(([part, text]) => [`${WAY[one.via]}: ${text}`, ...figures(one.stages.parts[part])]),
      ),
    ),
    `The commit's own flush of the log comes on top: ${results.map(({ via, flush_ms }) => `${WAY[via]} ${number(flush_ms, 1)} ms`).join(', ')} in the mean. It is the number of
batches that costs, not that of rows: the inbox is packed for 100 ms at a time, and the aggregator takes together what came while its last transaction ran (${results
      .map(({ via, turn_ms }) => `${WAY[via]} ${number(turn_ms.aggregator, 0)} ms each`)
      .join(', ')}).`,
  );
}
