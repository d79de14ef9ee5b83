/** Advisory locks, apart from those of the tables' rows. Whoever takes several takes them in this order. */

/** One lock for all that changes the schema: migrations and dataset tables. */
export const SCHEMA_LOCK = 7_163_001;
/** Taken by whoever gives numbers to sources. */
export const REGISTRATION_LOCK = 0x4d4c5231;
/**
 * Shared by every transaction that applies, exclusive for one that compacts or changes a dataset's tables. They take it before
 * any lock of rows, so that they never wait for each other in a circle.
 */
export const COMPACTION_LOCK = 7_163_002;
/** With a gold table's name: whoever changes its groups holds it to the end of the transaction, so that their rows' locks need no order. */
export const GOLD_LOCK = 7_163_003;
