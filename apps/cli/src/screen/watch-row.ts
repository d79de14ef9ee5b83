import pc from 'picocolors';
import type { Watch } from '../live/watches.js';
import { Painted } from './tables.js';

/** A watched directory as a row of a table. */
export function watchRow({ dataset, path, files, red, listed_at, error }: Watch) {
  const trouble = error ? (error.message ?? error.code ?? 'failed') : red > 0 ? `${red} files not right` : '';
  return {
    dataset,
    path,
    files: files ?? '',
    listed: listed_at ?? 'not yet',
    '': new Painted(trouble || 'ok', trouble ? pc.red : pc.green),
  };
}
