import type { SetAside } from '../manifest.js';

/** Of a message that was none of ours. */
export const STRANGER: SetAside = {
  source: null,
  chunk: null,
  slot: null,
  stage: 'cleaner',
  topic: 'bronze.sales',
  partition: 1,
  offset: '9007199254740993',
  code: 'MESSAGE_GARBAGE',
  reason: 'x',
  size_bytes: 4,
};
