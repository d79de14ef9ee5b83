import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expectLiveAnswer, type LiveAnswer, LiveSales, readLiveTotals, untilLive } from '@millrace/testkit';
import { withBroker } from '../broker.js';
import { answerPath, writeAnswer } from '../produce/answer-file.js';
import { FileSender } from '../produce/file-sender.js';
import { HTTP_FORMATS, HttpSender } from '../produce/http-sender.js';
import { followIngestors } from '../produce/ingestors.js';
import { KafkaSender } from '../produce/kafka-sender.js';
import { anySeed } from '../produce/options.js';
import { type ProduceOptions, produce, type RowSender } from '../produce/produce.js';
import { Patience } from '../produce/repeat.js';
import type { ExitCode } from '../run/result.js';
import { formatCount } from '../screen/format.js';
import type { RunScreen } from '../screen/run-screen.js';
import { closeLive } from './close-live.js';
import { followLive } from './follow-live.js';
import { type LiveFlow, type LiveOptions, withWatch } from './run-live.js';

export interface DemoLiveOptions extends Omit<LiveOptions, 'path'> {
  home: string;
  for_ms: number;
}

const SHARES = { dup: 0.05, bad: 0.03 };
const HTTP = { rows_per_second: 2000, batch_rows: 100, in_flight: 16 };
const KAFKA = { rows_per_second: 500, batch_rows: 1, in_flight: 4096 };
const FILE = { rows_per_second: 500, batch_rows: 25, in_flight: 1 };
/** For all that was sent to be applied. */
const APPLIED_MS = 60_000;

/**
 * Three producers at once, over HTTP, over Kafka and into a file that grows, with the numbers on the screen; at the end all
 * is compared with their answer keys.
 */
export async function demoLive(
  options: DemoLiveOptions,
  screen: RunScreen,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  const { home, plan, servers } = options;
  mkdirSync(join(home, 'live'), { recursive: true });
  // A directory of its own each time: files of an earlier demo are not what this one brings.
  const path = mkdtempSync(join(home, 'live', 'demo-'));
  return withWatch({ ...options, path }, screen, async ({ link, before, watch }) => {
    const { services } = servers;
    const totals = await link.ask(readLiveTotals);
    const started_at = Date.now();
    const shown = new AbortController();
    const showing = followLive(link, screen, { dataset: plan.name, before: before.totals, services }, shown.signal);
    try {
      const answers = await produceAll(options, path, interrupted);
      for (const answer of answers) writeAnswer(answerPath(home), answer);
      const read = () => link.ask(readLiveTotals);
      const applied = await untilLive(read, answers, { before: totals, timeout_ms: APPLIED_MS });
      shown.abort();
      await showing;
      const findings = await compare(link, answers, totals);
      if (!applied) findings.unshift('not everything was applied in time');
      const rows = answers.reduce((sum, answer) => sum + answer.rows_in, 0);
      if (findings.length === 0) screen.note(`Exact: ${formatCount(rows)} rows sent, each is where it must be`);
      return await closeLive(link, screen, {
        plan,
        before,
        watch,
        seconds: (Date.now() - started_at) / 1000,
        findings,
      });
    } finally {
      shown.abort();
      await showing;
    }
  });
}

async function produceAll(options: DemoLiveOptions, path: string, signal: AbortSignal): Promise<LiveAnswer[]> {
  const { home, plan, servers, for_ms, patience_ms } = options;
  const dataset = plan.name;
  const run = async (
    via: LiveAnswer['via'],
    pace: Pick<ProduceOptions, 'rows_per_second' | 'batch_rows' | 'in_flight'>,
    senderOf: (sales: LiveSales) => RowSender,
  ): Promise<LiveAnswer> => {
    const sales = new LiveSales({ seed: anySeed(), ...SHARES });
    const sender = senderOf(sales);
    try {
      await produce({ ...pace, sender, for_ms, signal });
    } finally {
      await sender.close();
    }
    return sales.answer(via);
  };
  const patience = () => new Patience(patience_ms);
  return withBroker(servers.kafka_brokers(), (kafka) =>
    Promise.all([
      run('inbox', HTTP, (sales) => {
        const urls = followIngestors(home);
        return new HttpSender({ dataset, sales, formats: HTTP_FORMATS, urls, patience: patience() });
      }),
      run('inbox', KAFKA, (sales) => {
        return new KafkaSender({ dataset, sales, formats: ['json', 'csv'], kafka, keys: true, patience: patience() });
      }),
      run('file', FILE, (sales) => new FileSender(join(path, 'till.csv'), sales)),
    ]),
  );
}

/** @returns what differs, in words */
async function compare(
  link: LiveFlow['link'],
  answers: LiveAnswer[],
  before: Awaited<ReturnType<typeof readLiveTotals>>,
): Promise<string[]> {
  let findings: string[] = [];
  await link.ask(async (db) => {
    findings = await expectLiveAnswer(db, answers, { before }).then(
      () => [],
      (error: Error) => error.message.split('\n').map((line) => line.trim()),
    );
  });
  return findings;
}
