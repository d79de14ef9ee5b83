import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareLiterals } from './values.js';

describe('decimal literals', () => {
  it('are compared by their value, whatever their digits', () => {
    const literal = fc.tuple(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.integer({ min: 0, max: 12 }),
      fc.nat(3),
    );
    fc.assert(
      fc.property(literal, literal, (a, b) => {
        const text = ([value, scale, zeros]: typeof a) => {
          const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
          const whole = digits.slice(0, digits.length - scale);
          const fraction = scale + zeros > 0 ? `.${digits.slice(digits.length - scale)}${'0'.repeat(zeros)}` : '';
          return `${value < 0n ? '-' : ''}${whole}${fraction}`;
        };
        const scaled = ([value, scale]: typeof a) => value * 10n ** BigInt(12 - scale);
        const expected = scaled(a) === scaled(b) ? 0 : scaled(a) < scaled(b) ? -1 : 1;
        expect(Math.sign(compareLiterals(text(a), text(b)))).toBe(expected);
      }),
    );
  });

  it('know that zero has no sign', () => {
    expect(
      [compareLiterals('-0.00', '0'), compareLiterals('-0', '0.1'), compareLiterals('-0.1', '0')].map(Math.sign),
    ).toEqual([0, -1, -1]);
  });
});
