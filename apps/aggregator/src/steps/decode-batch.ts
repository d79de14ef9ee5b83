import { type Columns, decodeBody, isNull } from '@millrace/columnar';
import { type Batch, decodeBatch, LIMITS, MillraceError, openBody, partOf, SUSPECTS_HEADER } from '@millrace/contracts';
import { type DatasetPlan, planWith } from '@millrace/dataset';

export interface ScreenedBatch {
  plan: DatasetPlan;
  batch: Batch;
  data: Columns;
  /** One bit a row, 1 = suspect, lowest bit first. */
  suspects: Uint8Array;
}

const INT4_MAX = 2 ** 31 - 1;

/**
 * A screened message as columns, found to be what it claims: of this dataset, of this partition's part, a bit for each row.
 * @throws MillraceError MESSAGE_*, PLAN_UNKNOWN
 */
export function decodeBatchMessage(
  value: Buffer | null,
  headers: Record<string, Buffer | undefined>,
  place: { dataset: string; partition: number },
  plans: Map<string, DatasetPlan>,
): ScreenedBatch {
  if (!value) throw new MillraceError('MESSAGE_GARBAGE', 'message without a value');
  const batch = decodeBatch(value);
  const plan = planWith(plans, batch.plan);
  checkPlace(batch, plan, place);
  const data = decodeBody(openBody(value, batch), plan);
  if (data.rows !== batch.rows) refuse(`body of ${data.rows} rows in a batch of ${batch.rows}`);
  checkRecords(batch, data);
  checkDimensions(data, plan);
  checkBooleans(data, plan);
  const suspects = headers[SUSPECTS_HEADER];
  const size = (batch.rows + 7) >> 3;
  if (suspects?.length !== size) refuse(`${suspects?.length ?? 'no'} bytes of suspects for ${batch.rows} rows`);
  return { plan, batch, data, suspects };
}

function checkPlace(
  batch: Batch,
  plan: DatasetPlan,
  { dataset, partition }: { dataset: string; partition: number },
): void {
  const { source, chunk, slot, parts } = batch;
  if (plan.name !== dataset) refuse(`batch of dataset ${plan.name} in a topic of ${dataset}`);
  if (parts !== plan.parts) refuse(`batch of ${parts} parts, its plan has ${plan.parts}`);
  if (partOf(slot, parts) !== partition) refuse(`batch of part ${partOf(slot, parts)} in partition ${partition}`);
  if (Math.max(source, chunk, slot) > INT4_MAX) refuse(`batch of source ${source}, chunk ${chunk}, slot ${slot}`);
}

/** Records of a file count from 1, those of an inbox from 0. */
function checkRecords({ first_record }: Batch, { records, rows }: Columns): void {
  const last = first_record + (rows === 0 ? 0 : records[rows - 1]);
  if (!Number.isSafeInteger(first_record) || first_record < 0 || !Number.isSafeInteger(last)) {
    refuse(`batch of records ${first_record} to ${last}`);
  }
}

/** Gold's keys are dimensions: a longer one could be stored in the table, but never be aggregated. */
function checkDimensions({ columns }: Columns, plan: DatasetPlan): void {
  for (const [index, column] of columns.entries()) {
    if (column.encoding !== 'dictionary') continue;
    const { offsets } = column;
    for (let entry = 1; entry < offsets.length; entry++) {
      const size = offsets[entry] - offsets[entry - 1];
      if (size > LIMITS.key_bytes)
        refuse(`${plan.columns[index].name} of ${size} bytes: a dimension has ${LIMITS.key_bytes} at most`);
    }
  }
}

/** PostgreSQL takes any other byte for true, and gold would take it for a value of its own. */
function checkBooleans({ rows, columns }: Columns, plan: DatasetPlan): void {
  for (const [index, column] of columns.entries()) {
    if (plan.columns[index].type !== 'boolean' || column.encoding !== 'integer') continue;
    for (let row = 0; row < rows; row++) {
      const value = column.values[row];
      if (value !== 0 && value !== 1 && !isNull(column.nulls, row)) {
        refuse(`${plan.columns[index].name} of ${value}: a boolean is 0 or 1`);
      }
    }
  }
}

function refuse(message: string): never {
  throw new MillraceError('MESSAGE_CONTRACT', message);
}
