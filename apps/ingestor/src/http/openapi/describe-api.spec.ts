import { join } from 'node:path';
import { loadPlans, matchFields } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import { readHttpSettings } from '../settings.js';
import { splitRows } from '../split-rows.js';
import { describeApi } from './describe-api.js';
import { exampleCsv, exampleRow } from './example-row.js';

const plans = [...loadPlans(join(import.meta.dirname, '../../../../../datasets')).values()];
const settings = readHttpSettings({});

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
  components: Record<string, Record<string, object>>;
}

describe('the description of the API', () => {
  const document = describeApi(plans, settings) as Document;

  it('refers to nothing that it does not have', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(5);
    expect(references.filter(([, kind, name]) => !document.components[kind]?.[name])).toEqual([]);
  });

  it('has a path for each dataset, and says what every answer means', () => {
    const paths = [...plans.map(({ name }) => `/v1/datasets/${name}/rows`), '/v1/receipts/{id}'];
    expect(Object.keys(document.paths)).toEqual(paths);
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    for (const { responses } of operations) {
      expect(Object.values(responses).every(({ description }) => description.length > 0)).toBe(true);
    }
    expect(Object.keys(operations[0].responses)).toEqual(
      ['202', '400', '401', '403', '404', '408', '409', '413', '415', '429', '500', '503'].sort(),
    );
  });

  it('says how a key is sent, and that several problems may share a status', () => {
    const { security, components } = document as Document & { security: Record<string, unknown>[] };
    expect(security.flatMap(Object.keys)).toEqual(Object.keys(components.securitySchemes));
    const { responses } = Object.values(document.paths)[0].post;
    expect(responses[429].description).toMatch(/BACKLOG_FULL.*RATE_LIMITED/);
    expect(responses[401]).toMatchObject({ headers: { 'WWW-Authenticate': {} } });
  });

  it.each(plans)('has examples of $name that are requests themselves', (plan) => {
    const matches = matchFields(plan, Object.keys(exampleRow(plan)));
    expect(matches.map(({ field }) => field)).not.toContain(-1);
    expect(splitRows(Buffer.from(exampleCsv(plan)), 'csv', plan, settings).rows).toHaveLength(1);
    expect(splitRows(Buffer.from(JSON.stringify([exampleRow(plan)])), 'json', plan, settings).rows).toHaveLength(1);
  });
});
