import fc from 'fast-check';

const space = fc.constantFrom('', '', '', ' ', '\t', '\n', '\r', '  ');
/** Characters of a string's content as JSON text may have them, whole escapes and halves of pairs included. */
const piece = fc.oneof(
  fc.constantFrom('a', 'B', ' ', 'ä', '€', '😀', '/', '\u007f', '\u2028', "'", '{', ']', ','),
  fc.constantFrom('\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\u0041', '\\u00e4', '\\u20AC', '\\u0000'),
  fc.constantFrom('\\ud83d\\ude00', '\\uD83D', '\\uDE00', '\\ud83dx', '\\ud83d\\u0041', '\\ud83d\\n', '\\udbff\\udfff'),
);
const text = fc.array(piece, { maxLength: 6 }).map((pieces) => `"${pieces.join('')}"`);
/**
 * Names without a backslash in them: V8 (Node 24.21) compares a name that it has seen behind the same members with the next
 * text as it is written, so that JSON.parse, which is the oracle, reads the name `\n` as a lone backslash once there was one.
 */
const nameText = text.filter((literal) => !literal.includes('\\\\'));
const digits = fc.stringMatching(/^[0-9]{1,6}$/);

/** JSON numbers of any shape. */
export const jsonNumber = fc
  .tuple(
    fc.constantFrom('', '', '-'),
    fc.oneof(fc.constantFrom('0', '0', '100', '1'), fc.stringMatching(/^[1-9][0-9]{0,20}$/)),
    fc.oneof(
      fc.constant(''),
      digits.map((fraction) => `.${fraction}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc
        .tuple(
          fc.constantFrom('e', 'E'),
          fc.constantFrom('', '+', '-'),
          fc.constantFrom('0', '1', '2', '05', '7', '21'),
        )
        .map((exponent) => exponent.join('')),
    ),
  )
  .map((pieces) => pieces.join(''));

const scalar = fc.oneof(text, jsonNumber, fc.constantFrom('true', 'false', 'null', '""', '" \\n "'));

/** Any JSON text, blanks within included. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc
    .tuple(
      space,
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        scalar,
        fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(',')}]`),
        fc.array(fc.tuple(nameText, tie('value')), { maxLength: 3 }).map((members) => objectOf(members)),
        fc.constantFrom('[ ]', '{ \t}'),
      ),
      space,
    )
    .map((pieces) => pieces.join('')),
})).value;

function objectOf(members: (readonly [string, string])[]): string {
  return `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`;
}

/** Member names as JSON text: those that `price`, `quantity` and `k` stand for, in many spellings, and others. */
const NAMES = [
  'price',
  'Price',
  'PRICE',
  'pr\\u0069ce',
  'P\\u0072ICE',
  'quantity',
  'Quantity',
  'k',
  'K',
  '\u212a',
  '\\u212A',
];
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NAMES).map((plain) => `"${plain}"`) },
  {
    weight: 1,
    arbitrary: fc.oneof(nameText, fc.constantFrom('"1"', '"__proto__"', '"pric"', '"prices"', '"toString"')),
  },
);

/** The text of a JSON object, with repeated names. */
export const objectText = fc
  .tuple(
    space,
    fc.array(
      fc.tuple(
        fc.tuple(space, name, space).map((pieces) => pieces.join('')),
        jsonText,
      ),
      { maxLength: 6 },
    ),
    space,
  )
  .map(([before, members, behind]) => `${before}${objectOf(members)}${behind}`);

const SCRAPS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '1',
  '-',
  '+',
  '.',
  'e',
  't',
  'n',
  ' ',
  '\n',
  '\u0001',
  '\u00a0',
  'null',
  '//',
  '\\u12',
];

/** A text with some pieces taken out or put in. */
export const damaged = (source: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      source,
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(2), fc.constantFrom('', ...SCRAPS)), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(([whole, edits]) =>
      edits.reduce((edited, [place, taken, put]) => {
        const at = Math.floor(place * edited.length);
        return edited.slice(0, at) + put + edited.slice(at + taken);
      }, whole),
    );
