import type { ColumnCursor } from './column-cursor.js';
import type { Field } from './field-tree.js';
import type { ValueText } from './value-text.js';

/** The present row's value of a field as JSON text, its numbers with all their digits. All its columns go on behind it. */
export function jsonText(field: Field, columns: readonly ColumnCursor[]): string {
  const first = columns[field.first];
  if (field.isRepeated) return listText(field, columns, (element) => contentText(element, columns));
  if (field.isOptional && first.definition < field.definition) {
    skip(field, columns);
    return 'null';
  }
  return contentText(field, columns);
}

/** A field that is there. */
function contentText(field: Field, columns: readonly ColumnCursor[]): string {
  switch (field.kind) {
    case 'leaf': {
      const column = columns[field.first];
      return valueText(column.take(), column.pagesOf.spelling.isBare);
    }
    case 'struct':
      return `{${field.children.map((child) => `${JSON.stringify(child.name)}:${jsonText(child, columns)}`).join(',')}}`;
    case 'list': {
      const [inner] = field.children;
      return listText(inner, columns, (group) =>
        field.isElement ? contentText(group, columns) : jsonText(group.children[0], columns),
      );
    }
    case 'map': {
      const [inner] = field.children;
      const entries = listText(inner, columns, ({ children: [key, value] }) => {
        const name = jsonText(key, columns);
        return `${name.startsWith('"') ? name : JSON.stringify(name)}:${jsonText(value, columns)}`;
      });
      return `{${entries.slice(1, -1)}}`;
    }
  }
}

function listText(repeated: Field, columns: readonly ColumnCursor[], textOf: (element: Field) => string): string {
  const first = columns[repeated.first];
  if (first.definition < repeated.definition) {
    skip(repeated, columns);
    return '[]';
  }
  const elements: string[] = [];
  do elements.push(textOf(repeated));
  while (first.repetition === repeated.repetition);
  return `[${elements.join(',')}]`;
}

function skip({ first, end }: Field, columns: readonly ColumnCursor[]): void {
  for (let leaf = first; leaf < end; leaf++) columns[leaf].take();
}

function valueText(text: ValueText | null, isBare: boolean): string {
  if (text === null) return 'null';
  const plain = typeof text === 'string' ? text : text.view.toString();
  return isBare && plain !== 'NaN' && !plain.endsWith('Infinity') ? plain : JSON.stringify(plain);
}
