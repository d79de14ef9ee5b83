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
    // The last one: no key is configured, and the client is on the machine itself.
    security: [{ bearer: [] }, { header: [] }, {}],
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
      securitySchemes,
    },
  };
}

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'mr_<id>_<secret>',
    description:
      'An API key, as `millrace keys create` prints it. While none is configured, clients on the machine itself need none.',
  },
  header: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
    description: 'The same, for clients that cannot send Authorization.',
  },
};

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
      `429 comes before the body is read: when ${backlog_bytes} bytes wait to be applied, or ${IN_HAND_BODIES} bodies are being read, or the key's rows or bytes a second are used up.`,
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
        'KEY_MISSING',
        'KEY_INVALID',
        'KEY_SCOPE',
        'ORIGIN_REFUSED',
        'DATASET_UNKNOWN',
        'REQUEST_TIMEOUT',
        'KEY_REUSED',
        'REQUEST_TOO_LARGE',
        'FORMAT_UNSUPPORTED',
        'BACKLOG_FULL',
        'RATE_LIMITED',
        'INTERNAL',
        'KAFKA_UNREACHABLE',
        'POSTGRES_UNREACHABLE',
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
      'Of a dataset that the API key is for. As it stands now: a row that was written becomes a duplicate when one at a lower position comes later. Receipts of requests with an Idempotency-Key live 24 h.',
    parameters: [{ $ref: '#/components/parameters/receiptId' }],
    responses: {
      200: {
        description: 'On its way, or applied with the outcome of every row.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/outcome' } } },
      },
      ...problems(
        'KEY_MISSING',
        'KEY_INVALID',
        'ORIGIN_REFUSED',
        'RECEIPT_UNKNOWN',
        'BACKLOG_FULL',
        'RATE_LIMITED',
        'INTERNAL',
        'POSTGRES_UNREACHABLE',
      ),
    },
  };
}

const RETRIED: readonly ProblemCode[] = ['BACKLOG_FULL', 'RATE_LIMITED', 'KAFKA_UNREACHABLE', 'POSTGRES_UNREACHABLE'];
const CHALLENGED: readonly ProblemCode[] = ['KEY_MISSING', 'KEY_INVALID', 'KEY_SCOPE'];

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } } };
const CHALLENGE = { 'WWW-Authenticate': { description: 'Bearer, with the error.', schema: { type: 'string' } } };

/** By status, which several may share. */
function problems(...codes: ProblemCode[]): Record<string, object> {
  const statuses = new Set(codes.map((code) => PROBLEMS[code].status));
  return Object.fromEntries(
    [...statuses].map((status) => {
      const of = codes.filter((code) => PROBLEMS[code].status === status);
      const headers = {
        ...(of.some((code) => RETRIED.includes(code)) && RETRY_AFTER),
        ...(of.some((code) => CHALLENGED.includes(code)) && CHALLENGE),
      };
      return [
        status,
        {
          description: of.map((code) => `${code}: ${PROBLEMS[code].title}.`).join(' '),
          ...(Object.keys(headers).length > 0 && { headers }),
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/problem' } } },
        },
      ];
    }),
  );
}
