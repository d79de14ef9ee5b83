import { describe, expect, it } from 'vitest';
import { literal, quote } from './identifiers.js';

describe('names for SQL', () => {
  it('are quoted, quotes within them doubled', () => {
    expect(quote('order "id"; drop')).toBe('"order ""id""; drop"');
    expect(literal("O'Brien")).toBe("'O''Brien'");
  });

  it('are refused when PostgreSQL would cut them off', () => {
    expect(quote('x'.repeat(63))).toHaveLength(65);
    for (const name of ['x'.repeat(64), 'ü'.repeat(32), '', 'a\0b', 'half \ud83d'])
      expect(() => quote(name)).toThrow(/is no PostgreSQL name/);
  });
});
