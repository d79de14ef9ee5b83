/**
 * What the report runs, in this order. `script` is in bench/, `args` are those of a whole report, `small` those of a try that
 * only shows that all works.
 */
export const BENCHES = [
  {
    name: 'end-to-end',
    script: 'end-to-end.mjs',
    args: ['--rows', '1000000', '--runs', '3'],
    small: ['--rows', '100000', '--runs', '1'],
  },
  {
    name: 'end-to-end-10m',
    script: 'end-to-end.mjs',
    args: ['--rows', '10000000', '--runs', '1', '--only', 'millrace,polars'],
    small: ['--rows', '200000', '--runs', '1', '--only', 'millrace,polars'],
  },
  {
    name: 'cold',
    script: 'end-to-end.mjs',
    args: ['--cold', '--rows', '1000000'],
    small: ['--cold', '--rows', '100000'],
  },
  { name: 'load', script: 'load.mjs', args: [], small: ['--rows', '100000', '--runs', '1'] },
  {
    name: 'live',
    script: 'live.mjs',
    args: ['--seconds', '60', '--warm-up', '15'],
    small: ['--seconds', '5', '--warm-up', '3'],
  },
  { name: 'steps', script: 'steps.mjs', args: [], small: ['--runs', '1'] },
  { name: 'filter', script: 'filter.mjs', args: [], small: ['--keys', '1000000'] },
  {
    name: 'growth',
    script: 'growth.mjs',
    args: ['--sizes', '1000000,5000000,20000000'],
    small: ['--sizes', '100000,200000', '--rows', '100000', '--files', '10,50'],
  },
  { name: 'profile', script: 'profile.mjs', args: ['--rows', '2000000'], small: ['--rows', '100000'] },
];

/**
 * @param {string | undefined} only names, separated by commas; undefined for all
 * @throws {RangeError} for a name that is none
 */
export function chooseBenches(only) {
  if (only === undefined) return BENCHES;
  const known = new Map(BENCHES.map((bench) => [bench.name, bench]));
  return only.split(',').map((name) => {
    const bench = known.get(name);
    if (!bench) throw new RangeError(`${name} is no bench: ${[...known.keys()].join(', ')}`);
    return bench;
  });
}
