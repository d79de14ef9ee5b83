export * from './answer-key.js';
export {
  type GenerateChannelSalesOptions,
  generateChannelSales,
  ROWS_A_FILE,
} from './channel-sales/generate-channel-sales.js';
export { createDatabase, dropDatabase } from './databases.js';
export { type GenerateEcommerceOptions, generateEcommerce } from './ecommerce/generate-ecommerce.js';
export type { Queries } from './expect/found-in-database.js';
export { type ExpectAnswerOptions, expectAnswer, expectTables } from './expect-answer.js';
export { type ExpectLiveOptions, expectLiveAnswer, untilLive } from './expect-live.js';
export { expectOracle } from './expect-oracle.js';
export { ANSWER_FILE, type GenerateSalesOptions, generateSales } from './generate-sales.js';
export type { LiveAnswer } from './live/live-answer.js';
export { type LiveFormat, LiveSales, type LiveSalesOptions, liveSales } from './live/live-sales.js';
export { type BookTotals, type LiveTotals, NO_TOTALS, readLiveTotals, since } from './live/live-totals.js';
export { type RawFile, type RawRecord, readCsv } from './oracle/read-csv.js';
export { compareNaturally, listSalesFiles } from './oracle/source-order.js';
export * from './oracle.js';
export { expectChannelSales, expectEcommerce } from './ready-made/expect-ready-made.js';
export type { GoldAnswer, ReadyMadeAnswer, ReferenceAnswer, TableAnswer } from './ready-made/table-answer.js';
