import pc from 'picocolors';
import type { Watch } from '../live/watches.js';
import { visible } from './format.js';
import { Painted } from './tables.js';

/** A watched directory as a row of a table. */
export function watchRow({ dataset, path, files, red, refused, listed_at, error }: Watch) {
  const trouble = visible(troubleOf({ red, refused, error }));
  return {
    dataset,
    path,
    files: files ?? '',
    listed: listed_at ?? 'not yet',
    '': new Painted(trouble || 'ok', trouble ? pc.red : pc.green),
  };
}

function troubleOf({ red, refused, error }: Pick<Watch, 'red' | 'refused' | 'error'>): string {
  if (error) return error.message ?? error.code ?? 'failed';
  const [first] = refused;
  return [
    ...(red > 0 ? [`${red} files not right`] : []),
    ...(first ? [`${refused.length} refused: ${first.name}: ${first.reason}${refused.length > 1 ? ', ...' : ''}`] : []),
  ].join('; ');
}
