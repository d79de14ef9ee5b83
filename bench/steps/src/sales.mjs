/** Dirty sales as each step meets them: the file, its chunks, their messages, the batches made of them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSales, listSalesFiles } from '@millrace/testkit';

const DATASET = join(import.meta.dirname, '../../../datasets/sales.yaml');

/** @param {number} rows @returns {Buffer} one CSV file: 3 % repeated keys, 3 % bad values, quotes, bytes that are no UTF-8 */
function salesFile(rows) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-steps-'));
  try {
    generateSales({ rows, parts: 1, seed: 1, dup: 0.03, bad: 0.03, directory });
    return readFileSync(join(directory, listSalesFiles(directory)[0]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * @param {Awaited<ReturnType<typeof import('./checkout.mjs').loadCheckout>>} modules whose code makes what the later steps take
 * @param {number} rows
 */
export async function prepareSales(modules, rows) {
  const { contracts, dataset, csv, columnar, cleaning } = modules;
  const plan = dataset.loadPlan(DATASET);
  const file = salesFile(rows);
  const first_byte = file[0] === 0xef ? 3 : 0;
  const header_end = file.indexOf('\n') + 1;
  const header = file.subarray(first_byte, header_end);
  const read = (position, into) => file.copy(into, 0, position);

  const chunks = [];
  for (let from = header_end, first_record = 1; ; ) {
    const cut = await csv.nextChunk(read, from, file.length);
    if (!cut) break;
    const identity = { source: 1, chunk: chunks.length, plan: plan.fingerprint };
    chunks.push({ ...identity, ...cut, first_record, header, raw: Buffer.from(cut.raw) });
    first_record += cut.records;
    from = cut.byte_end;
  }
  const bronze = chunks.map((chunk) => contracts.encodeChunk(chunk));
  // A batch may be a view of memory that the next chunk is cleaned in.
  const silver = chunks.flatMap((chunk) =>
    cleaning.cleanChunk(plan, chunk).batches.map(({ message }) => Buffer.from(message)),
  );
  const batches = silver.map((message) => {
    const batch = contracts.decodeBatch(message);
    const body = Buffer.from(contracts.openBody(message, batch));
    return { message, batch, body, data: columnar.decodeBody(Buffer.from(body), plan) };
  });
  return {
    plan,
    file,
    header_end,
    read,
    chunks,
    bronze,
    batches,
    records: chunks.reduce((total, { records }) => total + records, 0),
  };
}
