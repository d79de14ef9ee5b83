import { resolve } from 'node:path';
import { type LiveFormat, LiveSales } from '@millrace/testkit';
import { Command, Option } from 'commander';
import { withBroker } from '../broker.js';
import { resolveEndpoints } from '../endpoints.js';
import { CommandFailure } from '../failure.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { answerPath, writeAnswer } from '../produce/answer-file.js';
import { followApiKey } from '../produce/api-key.js';
import { HTTP_FORMATS, type HttpFormat, HttpSender } from '../produce/http-sender.js';
import { followIngestors } from '../produce/ingestors.js';
import { KafkaSender } from '../produce/kafka-sender.js';
import { anySeed, duration, share, usualBatch } from '../produce/options.js';
import { type ProduceSummary, produce, type RowSender } from '../produce/produce.js';
import { Patience } from '../produce/repeat.js';
import { millraceHome } from '../project.js';
import { formatCount, formatSeconds } from '../screen/format.js';
import { untilSignal } from '../signals.js';
import { wholeNumber } from '../whole-number.js';

interface Options extends OutputOptions {
  dataset: string;
  rate: number;
  for?: number;
  rows?: number;
  dup: number;
  bad: number;
  kafka?: boolean;
  keys: boolean;
  url?: string[];
  format?: HttpFormat;
  seed?: number;
  batch?: number;
  key?: string;
  patience: number;
}

const FOR_MS = 60_000;
const HTTP_IN_FLIGHT = 16;
const KAFKA_IN_FLIGHT = 4096;

export function produceCommand(): Command {
  return new Command('produce')
    .description('a steady producer of dirty rows, and an answer key with what must come of them')
    .addOption(new Option('--dataset <name>', 'which dataset').choices(['sales']).default('sales'))
    .option('--rate <n>', 'rows a second', wholeNumber, 2000)
    .option('--for <duration>', 'how long: 60s, 5m, 1h (default: 60s)', duration)
    .addOption(new Option('--rows <n>', 'how many rows, instead of --for').argParser(wholeNumber).conflicts('for'))
    .option('--dup <rate>', 'share of duplicates', share, 0.05)
    .option('--bad <rate>', 'share of rows that must be rejected', share, 0.03)
    .option(
      '--http',
      'to the HTTP API of the ingestors (default), with the key of MILLRACE_API_KEY or MILLRACE_API_KEY_FILE',
    )
    .addOption(new Option('--kafka', 'as single messages to the inbox topic').conflicts('http'))
    .option('--no-keys', 'with --kafka: messages without idempotency keys')
    .option('--url <url...>', 'base URLs of ingestors, where no Millrace of this home runs')
    .addOption(new Option('--format <name>', 'of the rows (default: each in turn)').choices(HTTP_FORMATS))
    .option('--seed <n>', 'the same seed gives the same rows (default: another one each time)', wholeNumber)
    .option('--batch <n>', 'rows of one request', wholeNumber)
    .option('--key <file>', 'where the answer key goes (default: <home>/produce/<time>.answer.json)')
    .option('--patience <seconds>', 'give up when nothing gets through for this long', wholeNumber, 120)
    .option('--json', 'print JSON lines; the last one is the result')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { rate, rows, dup, bad, json, kafka } = options;
  const home = millraceHome();
  const file = options.key ? resolve(options.key) : answerPath(home);
  if (rate < 1) throw new CommandFailure('USAGE', 'a rate of at least 1 row a second is wanted', '--rate 100');
  const sales = new LiveSales({ seed: options.seed ?? anySeed(), dup, bad });
  const ending = new AbortController();
  void untilSignal().then(() => ending.abort());
  const summary = await withSender(options, home, sales, (sender) =>
    produce({
      sender,
      rows_per_second: rate,
      rows,
      for_ms: rows === undefined ? (options.for ?? FOR_MS) : undefined,
      batch_rows: Math.max(1, options.batch ?? (kafka ? 1 : usualBatch(rate))),
      in_flight: kafka ? KAFKA_IN_FLIGHT : HTTP_IN_FLIGHT,
      signal: ending.signal,
      progress: (now) => (json ? printJson({ event: 'progress', ...now }) : process.stderr.write(`${line(now)}\n`)),
    }),
  );
  const answer = sales.answer('inbox');
  writeAnswer(file, answer);
  const { rows_in, written, duplicates, rejected, seed } = answer;
  if (json) {
    printJson({ event: 'result', ...summary, seed, rows_in, written, duplicates, rejected, key: file, exit_code: 0 });
    return;
  }
  print(line(summary));
  print(
    `${formatCount(rows_in)} rows = ${formatCount(written)} to be written + ${formatCount(duplicates)} duplicates + ${formatCount(rejected)} to be rejected`,
  );
  print(`Answer key: ${file}`);
}

async function withSender<T>(
  options: Options,
  home: string,
  sales: LiveSales,
  work: (sender: RowSender) => Promise<T>,
): Promise<T> {
  const { dataset, format, url, keys } = options;
  const patience = new Patience(options.patience * 1000);
  if (!options.kafka) {
    const urls = url ? () => url : followIngestors(home);
    const formats = format ? [format] : HTTP_FORMATS;
    return use(new HttpSender({ dataset, sales, formats, urls, apiKey: followApiKey(), patience }), work);
  }
  const formats: LiveFormat[] = format ? [format === 'csv' ? 'csv' : 'json'] : ['json', 'csv'];
  return withBroker(resolveEndpoints(home).kafka_brokers, (kafka) =>
    use(new KafkaSender({ dataset, sales, formats, kafka, keys, patience }), work),
  );
}

async function use<T>(sender: RowSender, work: (sender: RowSender) => Promise<T>): Promise<T> {
  try {
    return await work(sender);
  } finally {
    await sender.close();
  }
}

function line({ rows, requests, repeats, refusals, seconds, rows_per_second }: ProduceSummary): string {
  const items = [
    `${formatCount(rows)} rows in ${formatSeconds(seconds)}`,
    `${formatCount(rows_per_second)} rows/s`,
    `${formatCount(requests)} requests`,
  ];
  if (repeats > 0) items.push(`${formatCount(repeats)} repeated`);
  if (refusals > 0) items.push(`${formatCount(refusals)} asked to come later`);
  return items.join(' · ');
}
