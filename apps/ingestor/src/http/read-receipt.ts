import { type Database, receiptOf, requestById } from '@millrace/postgres';
import { HttpProblem } from './problem.js';
import { decodeReceiptId, isRequestId, type ReceiptPlace } from './receipt-id.js';
import { type OutcomeView, viewOutcome } from './receipt-view.js';

export type ReceiptView = { receipt: string; dataset: string } & ({ status: 'received' } | OutcomeView);

/**
 * What became of a request.
 * @param isVisible whether who asks may know of a dataset @throws HttpProblem RECEIPT_UNKNOWN, also for what it may not see
 */
export async function readReceipt(
  db: Database,
  id: string,
  isVisible: (dataset: string) => boolean,
): Promise<ReceiptView> {
  const { dataset, place } = isRequestId(id) ? await byKey(db, id) : await byPlace(db, id);
  if (!isVisible(dataset)) throw unknown();
  const outcome = place && (await receiptOf(db, place));
  // The message of a request with a key is known once it is recorded.
  if (!outcome || outcome.status === 'received') return { receipt: id, dataset, status: 'received' };
  return { receipt: id, dataset, ...viewOutcome(outcome) };
}

interface Found {
  dataset: string;
  place: ReceiptPlace | null;
}

async function byKey(db: Database, id: string): Promise<Found> {
  const request = await requestById(db, id);
  if (!request) throw unknown();
  const { dataset, source, offset, rows } = request;
  return { dataset, place: source === null || offset === null ? null : { source, offset, rows } };
}

async function byPlace(db: Database, id: string): Promise<Found> {
  const place = decodeReceiptId(id);
  if (!place) throw unknown();
  const [source] = await db.query<{ dataset: string }>(
    "select dataset from millrace.sources where id = $1 and kind = 'inbox'",
    [place.source],
  );
  if (!source) throw unknown();
  return { dataset: source.dataset, place };
}

function unknown(): HttpProblem {
  return new HttpProblem('RECEIPT_UNKNOWN', 'Receipts of requests with an Idempotency-Key live 24 h, others for ever.');
}
