import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SCALE, instancesOf, parseScale } from './scale.js';

describe('parseScale', () => {
  it('gives one instance to each service that is not named', () => {
    expect(parseScale('cleaner=2, aggregator=3')).toEqual({ ingestor: 1, cleaner: 2, deduper: 1, aggregator: 3 });
    expect(parseScale('')).toEqual(DEFAULT_SCALE);
  });

  it.each(['sorter=1', 'cleaner', 'cleaner=0', 'cleaner=-1', 'cleaner=1.5', 'cleaner=33', 'cleaner=1=2', 'cleaner=x'])(
    'refuses %s',
    (text) => {
      expect(() => parseScale(text)).toThrow(InvalidArgumentError);
    },
  );

  it('takes several ingestors', () => {
    expect(parseScale('ingestor=2')).toEqual({ ...DEFAULT_SCALE, ingestor: 2 });
  });
});

describe('instancesOf', () => {
  it('names instances in the order of the flow, so that a restart finds its snapshots', () => {
    const names = instancesOf(parseScale('deduper=2')).map(({ instance }) => instance);
    expect(names).toEqual(['ingestor-1', 'cleaner-1', 'deduper-1', 'deduper-2', 'aggregator-1']);
  });
});
