const SHOWN = 40;

/** What was found not to be as it must be, in words. */
export class Differences {
  readonly found: string[] = [];

  add(text: string): void {
    this.found.push(text);
  }

  /** Compares field by field those fields that `expected` has. */
  compare(what: string, expected: object, actual: object): void {
    for (const [field, value] of Object.entries(expected)) {
      const other = (actual as Record<string, unknown>)[field];
      if (JSON.stringify(value) === JSON.stringify(other)) continue;
      this.add(`${what}: ${field} is ${JSON.stringify(other)}, must be ${JSON.stringify(value)}`);
    }
  }

  /** Compares two lists by key: what is missing, what is too much, and what differs. */
  compareByKey<T extends object>(
    what: string,
    expected: readonly T[],
    actual: readonly T[],
    keyOf: (row: T) => string,
  ) {
    const rest = new Map(actual.map((row) => [keyOf(row), row]));
    if (rest.size < actual.length) this.add(`${what}: ${actual.length - rest.size} entries stand there more than once`);
    for (const row of expected) {
      const key = keyOf(row);
      const other = rest.get(key);
      if (other) this.compare(`${what} [${key}]`, row, other);
      else this.add(`${what} [${key}] is missing: ${JSON.stringify(row)}`);
      rest.delete(key);
    }
    for (const [key, row] of rest) this.add(`${what} [${key}] must not exist: ${JSON.stringify(row)}`);
  }

  /** @throws Error that lists the first differences */
  throwIfAny(): void {
    if (this.found.length === 0) return;
    const more = this.found.length > SHOWN ? [`... and ${this.found.length - SHOWN} more`] : [];
    throw new Error(
      [`${this.found.length} differences from the answer`, ...this.found.slice(0, SHOWN), ...more].join('\n  '),
    );
  }
}

/** The canonical form of a decimal literal: needless zeros aside. */
export function canonicalDecimal(literal: string): string {
  return literal.includes('.') ? literal.replace(/0+$/, '').replace(/\.$/, '') : literal;
}
