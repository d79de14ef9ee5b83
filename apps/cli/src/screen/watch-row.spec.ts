import { describe, expect, it } from 'vitest';
import { formatTable } from './tables.js';
import { watchRow } from './watch-row.js';

const watch = {
  ...{ id: 1, dataset: 'sales', path: '/in', listed_at: 'now', files: 3, ignored: 0 },
  ...{ refused: [], error: null, red: 0 },
};
const shown = (found: Partial<Parameters<typeof watchRow>[0]>) => formatTable([watchRow({ ...watch, ...found })]);

describe('a watched directory', () => {
  it('is ok, or says what is not: files, and entries that must not be read', () => {
    expect(shown({})).toContain('ok');
    const refused = {
      name: 'a.csv',
      code: 'SOURCE_REFUSED',
      reason: 'a symbolic link out of the directory: /etc/passwd',
    };
    const text = shown({ red: 2, refused: [refused, refused] });
    expect(text).toContain(
      '2 files not right; 2 refused: a.csv: a symbolic link out of the directory: /etc/passwd, ...',
    );
  });

  it('has no name that could move the cursor', () => {
    const text = shown({
      refused: [{ name: 'a\u001b[2J\u009b2J\n.csv', code: 'SOURCE_REFUSED', reason: 'no' }],
      path: '/in\u007f',
    });
    expect(text).toContain('a\\u001b[2J\\u009b2J\\n.csv');
    expect(text).toContain('/in\\u007f');
  });
});
