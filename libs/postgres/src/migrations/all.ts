import { Spine1763700000001 } from './0001-spine.js';
import { Live1764000000002 } from './0002-live.js';
import { Datasets1764000000003 } from './0003-datasets.js';
import { Operate1765000000004 } from './0004-operate.js';

/** In their order. Each imports types of TypeORM only, so that whoever asks for their names does not load it. */
export const migrations = [Spine1763700000001, Live1764000000002, Datasets1764000000003, Operate1765000000004];
