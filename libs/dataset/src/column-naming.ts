import type { ColumnNaming } from './plan.js';

/** A source's field name as it is compared with columns. Total: any name gives a name. */
export function applyNaming(name: string, naming: ColumnNaming): string {
  switch (naming) {
    case 'as_is':
      return name;
    case 'lower':
      return name.toLowerCase();
    case 'upper':
      return name.toUpperCase();
    case 'capitalize':
      return name.charAt(0).toUpperCase() + name.slice(1).toLowerCase();
    case 'snake':
      return snakeCase(name);
  }
}

/** `unitPrice (EUR)` and `Unit Price EUR` as `unit_price_eur`: what is neither letter nor digit parts words, as does a capital behind a small letter. */
function snakeCase(name: string): string {
  return name
    .normalize('NFC')
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
}
