export * from './answer-key.js';
export { createDatabase, dropDatabase } from './databases.js';
export type { Queries } from './expect/found-in-database.js';
export { type ExpectAnswerOptions, expectAnswer, expectTables } from './expect-answer.js';
export { expectOracle } from './expect-oracle.js';
export { ANSWER_FILE, type GenerateSalesOptions, generateSales } from './generate-sales.js';
export { type RawFile, type RawRecord, readCsv } from './oracle/read-csv.js';
export { compareNaturally, listSalesFiles } from './oracle/source-order.js';
export * from './oracle.js';
