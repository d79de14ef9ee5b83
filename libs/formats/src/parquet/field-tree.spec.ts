import type { SchemaElement } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { type Field, fieldTree } from './field-tree.js';

const root = (num_children: number): SchemaElement => ({ name: 'root', num_children });
const leaf = (name: string, repetition_type: SchemaElement['repetition_type'] = 'OPTIONAL'): SchemaElement => ({
  name,
  type: 'INT32',
  repetition_type,
});
const group = (name: string, num_children: number, more: Partial<SchemaElement> = {}): SchemaElement => ({
  name,
  num_children,
  repetition_type: 'OPTIONAL',
  ...more,
});
const repeated = (name: string, num_children: number) => group(name, num_children, { repetition_type: 'REPEATED' });
const LIST = { converted_type: 'LIST' } as const;

const shapeOf = ({ kind, isElement }: Field) => (kind === 'list' ? `list${isElement ? ' of groups' : ''}` : kind);
const first = (...schema: SchemaElement[]) => shapeOf(fieldTree([root(1), ...schema]).fields[0]);

describe('fieldTree', () => {
  it('knows the levels at which a value is there', () => {
    const { fields, leaves } = fieldTree([
      root(2),
      leaf('id', 'REQUIRED'),
      group('a', 1, LIST),
      repeated('list', 1),
      group('element', 2),
      leaf('x'),
      leaf('y', 'REQUIRED'),
    ]);
    expect(fields.map(({ name, first, end }) => [name, first, end])).toEqual([
      ['id', 0, 1],
      ['a', 1, 3],
    ]);
    expect(leaves.map(({ path, definition, repetition }) => [path.join('.'), definition, repetition])).toEqual([
      ['id', 0, 0],
      ['a.list.element.x', 4, 1],
      ['a.list.element.y', 3, 1],
    ]);
  });

  it('takes lists and maps in the shapes that writers give them', () => {
    expect(first(group('v', 1, LIST), repeated('list', 1), leaf('element'))).toBe('list');
    expect(first(group('v', 1, { logical_type: { type: 'LIST' } }), repeated('bag', 1), leaf('array_element'))).toBe(
      'list',
    );
    expect(first(group('v', 1, LIST), leaf('element', 'REPEATED'))).toBe('list of groups');
    expect(first(group('v', 1, LIST), repeated('element', 2), leaf('a'), leaf('b'))).toBe('list of groups');
    expect(first(group('v', 1, LIST), repeated('array', 1), leaf('a'))).toBe('list of groups');
    expect(first(group('v', 1, LIST), repeated('v_tuple', 1), leaf('a'))).toBe('list of groups');
    const entries = [repeated('key_value', 2), leaf('key', 'REQUIRED'), leaf('value')];
    expect(first(group('v', 1, { converted_type: 'MAP' }), ...entries)).toBe('map');
    expect(first(group('v', 1, { converted_type: 'MAP_KEY_VALUE' }), ...entries)).toBe('map');
    expect(first(group('v', 1, { converted_type: 'MAP' }), repeated('map', 1), leaf('key'))).toBe('struct');
    expect(first(group('v', 1), repeated('list', 1), leaf('element'))).toBe('struct');
  });

  it('refuses what is no schema, and what goes beyond its bounds', () => {
    expect(() => fieldTree([root(0)])).toThrow();
    expect(() => fieldTree([])).toThrow('cut off');
    expect(() => fieldTree([root(2), leaf('a')])).toThrow('cut off');
    expect(() => fieldTree([root(1), { name: 'a' }])).toThrow('has no type');
    const deep = Array.from({ length: 5000 }, (_, depth) => group(`g${depth}`, 1));
    expect(() => fieldTree([root(1), ...deep, leaf('a')])).toThrow('nests deeper than 64');
    const wide = Array.from({ length: 10_001 }, (_, column) => leaf(`c${column}`));
    expect(() => fieldTree([root(wide.length), ...wide])).toThrow('over 10000 columns');
  });
});
