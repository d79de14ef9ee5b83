/** The addresses of the HTTP ingest, as Nest's controllers take them. */
export const ROWS_ROUTE = 'v1/datasets/:dataset/rows';
export const RECEIPTS_ROUTE = 'v1/receipts/:id';

const METHODS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^\/v1\/datasets\/[^/]+\/rows$/, ['POST']],
  [/^\/v1\/receipts\/[^/]+$/, ['GET', 'HEAD']],
];

const pathOf = (url: string): string => url.split('?', 1)[0];

export function isIngestPath(url: string): boolean {
  return /^\/v1(\/|$)/.test(pathOf(url));
}

/** What a path takes; null when there is nothing at it. */
export function allowedMethods(url: string): readonly string[] | null {
  return METHODS.find(([pattern]) => pattern.test(pathOf(url)))?.[1] ?? null;
}
