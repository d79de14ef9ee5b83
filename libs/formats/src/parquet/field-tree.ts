import type { SchemaElement } from 'hyparquet';
import { PARQUET_BOUNDS } from './bounds.js';
import { ParquetFault, requireThat } from './fault.js';

/** A column that is stored: the end of a path through groups. */
export interface Leaf {
  path: string[];
  element: SchemaElement;
  /** Levels at which its value is there, and of the innermost list that it stands in. */
  definition: number;
  repetition: number;
}

/** A field of the schema, with the levels that say whether it is there and where a list goes on. */
export interface Field {
  name: string;
  element: SchemaElement;
  kind: 'leaf' | 'struct' | 'list' | 'map';
  isOptional: boolean;
  /** Repeated without saying what it is: a list of what it holds. */
  isRepeated: boolean;
  definition: number;
  repetition: number;
  /** Of a struct its members; of a list its repeated group, which stands for its elements; of a map the one of its entries. */
  children: Field[];
  /** Of a list: whether the repeated group is an element itself, and does not only wrap one. */
  isElement: boolean;
  /** Its leaves are `leaves[first .. end)`. */
  first: number;
  end: number;
}

export interface FieldTree {
  fields: Field[];
  leaves: Leaf[];
}

/** Builds the tree of a file's schema. @throws ParquetFault where it is none */
export function fieldTree(schema: readonly SchemaElement[]): FieldTree {
  const leaves: Leaf[] = [];
  let next = 0;
  const read = (depth: number, path: string[], definition: number, repetition: number): Field => {
    const element = schema[next++];
    requireThat(element !== undefined, 'the schema is cut off');
    if (depth > PARQUET_BOUNDS.depth) throw new ParquetFault(`the schema nests deeper than ${depth - 1}`, true);
    const isOptional = element.repetition_type === 'OPTIONAL' && depth > 0;
    const isRepeated = element.repetition_type === 'REPEATED' && depth > 0;
    const own_path = depth === 0 ? [] : [...path, element.name];
    const field: Field = {
      name: element.name,
      element,
      kind: 'leaf',
      isOptional,
      isRepeated,
      definition: definition + (isOptional || isRepeated ? 1 : 0),
      repetition: repetition + (isRepeated ? 1 : 0),
      children: [],
      isElement: false,
      first: leaves.length,
      end: 0,
    };
    for (let child = 0; child < (element.num_children ?? 0); child++) {
      field.children.push(read(depth + 1, own_path, field.definition, field.repetition));
    }
    if (field.children.length === 0) {
      requireThat(element.type !== undefined, `the column ${own_path.join('.')} has no type`);
      leaves.push({ path: own_path, element, definition: field.definition, repetition: field.repetition });
      if (leaves.length > PARQUET_BOUNDS.columns)
        throw new ParquetFault(`it has over ${leaves.length - 1} columns`, true);
    } else annotate(field);
    field.end = leaves.length;
    return field;
  };
  const { children: fields } = read(0, [], 0, 0);
  requireThat(fields.length > 0, 'it has no columns');
  return { fields, leaves };
}

/** What a group is: a list or map in one of the shapes that writers give them, else a struct. */
function annotate(field: Field): void {
  const { converted_type, logical_type } = field.element;
  const [inner] = field.children;
  field.kind = 'struct';
  if (field.children.length !== 1 || !inner.isRepeated) return;
  if (converted_type === 'LIST' || logical_type?.type === 'LIST') {
    field.kind = 'list';
    field.isElement = isElementItself(field, inner);
  } else if (converted_type === 'MAP' || converted_type === 'MAP_KEY_VALUE' || logical_type?.type === 'MAP') {
    if (inner.children.length === 2) field.kind = 'map';
  }
}

/** The rules of the format for lists of older writers. */
function isElementItself(list: Field, inner: Field): boolean {
  const { children } = inner;
  return (
    children.length !== 1 || children[0].isRepeated || inner.name === 'array' || inner.name === `${list.name}_tuple`
  );
}
