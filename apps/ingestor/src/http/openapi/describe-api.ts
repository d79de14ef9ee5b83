import type { DatasetPlan } from '@millrace/dataset';
import { IN_HAND_BODIES } from '../backlog.js';
import { PROBLEMS, type ProblemCode } from '../problem.js';
import type { HttpSettings } from '../settings.js';
import { exampleCsv, exampleRow } from './example-row.js';
import { rowSchema, SCHEMAS } from './schemas.js';

/** The OpenAPI 3.1 document of the HTTP ingest, with a path for each dataset. */
export function describeApi(plans: readonly DatasetPlan[], settings: HttpSettings): object {
  const rowSchemas = plans.map((plan) => [`row_of_${plan.name}`, rowSchema(plan)] as const);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace: HTTP ingest',
      version: '1',
      description:
        'Rows in, receipts out. Every row is written, a duplicate of a named row, or rejected with a reason.',
    },
    servers: [{ url: '/' }],
    tags: [
      ...plans.map(({ name }) => ({ name, description: `Rows of the dataset ${name}.` })),
      { name: 'receipts', description: 'What became of a request.' },
    ],
    paths: {
      ...Object.fromEntries(
        plans.map((plan) => [`/v1/datasets/${plan.name}/rows`, { post: postRows(plan, settings) }]),
      ),
      '/v1/receipts/{id}': { get: getReceipt() },
    },
    components: {
      schemas: { ...SCHEMAS, ...Object.fromEntries(rowSchemas) },
      parameters: { idempotencyKey, receiptId },
    },
  };
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'A request repeated with its key counts once. A key belongs to one body of a dataset and lives 24 h: within them another body with it is 409, after them it is a new key.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
};

const receiptId = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

function postRows(plan: DatasetPlan, settings: HttpSettings): object {
  const { body_bytes, rows, row_bytes, field_bytes, backlog_bytes } = settings;
  const row = { $ref: `#/components/schemas/row_of_${plan.name}` };
  const example = exampleRow(plan);
  return {
    tags: [plan.name],
    operationId: `post_${plan.name}_rows`,
    summary: `Takes rows of ${plan.name}`,
    description: [
      'All rows of a request are taken, or none. 202 comes once every in-sync replica of Kafka has them.',
      `At most ${body_bytes} bytes (unpacked as well), ${rows} rows, ${row_bytes} bytes a row and ${field_bytes} bytes a field.`,
      `429 comes before the body is read: when ${backlog_bytes} bytes wait to be applied, or ${IN_HAND_BODIES} bodies are being read.`,
    ].join(' '),
    parameters: [
      { $ref: '#/components/parameters/idempotencyKey' },
      { name: 'Content-Encoding', in: 'header', schema: { enum: ['gzip', 'identity'] } },
    ],
    requestBody: {
      required: true,
      content: {
        'text/csv': { schema: { type: 'string' }, example: exampleCsv(plan) },
        'application/x-ndjson': { schema: { type: 'string' }, example: `${JSON.stringify(example)}\n` },
        'application/json': {
          schema: { anyOf: [row, { type: 'array', minItems: 1, items: row }] },
          example: [example],
        },
      },
    },
    responses: {
      202: {
        description: 'Kafka has the rows.',
        headers: {
          Location: { description: 'The receipt.', schema: { type: 'string' } },
          'Idempotency-Replayed': {
            description: 'true: taken before, nothing was written now.',
            schema: { const: 'true' },
          },
        },
        content: { 'application/json': { schema: { $ref: '#/components/schemas/received' } } },
      },
      ...problems(
        'REQUEST_INVALID',
        'DATASET_UNKNOWN',
        'REQUEST_TIMEOUT',
        'KEY_REUSED',
        'REQUEST_TOO_LARGE',
        'FORMAT_UNSUPPORTED',
        'BACKLOG_FULL',
        'INTERNAL',
        'KAFKA_UNREACHABLE',
      ),
    },
  };
}

function getReceipt(): object {
  return {
    tags: ['receipts'],
    operationId: 'get_receipt',
    summary: 'Tells what became of the rows of a request',
    description:
      'As it stands now: a row that was written becomes a duplicate when one at a lower position comes later. Receipts of requests with an Idempotency-Key live 24 h.',
    parameters: [{ $ref: '#/components/parameters/receiptId' }],
    responses: {
      200: {
        description: 'On its way, or applied with the outcome of every row.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/outcome' } } },
      },
      ...problems('RECEIPT_UNKNOWN', 'INTERNAL', 'POSTGRES_UNREACHABLE'),
    },
  };
}

const RETRIED: readonly ProblemCode[] = ['BACKLOG_FULL', 'KAFKA_UNREACHABLE', 'POSTGRES_UNREACHABLE'];

function problems(...codes: ProblemCode[]): Record<string, object> {
  return Object.fromEntries(
    codes.map((code) => [
      PROBLEMS[code].status,
      {
        description: `${code}: ${PROBLEMS[code].title}.`,
        ...(RETRIED.includes(code) && {
          headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1, maximum: 60 } } },
        }),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/problem' } } },
      },
    ]),
  );
}
