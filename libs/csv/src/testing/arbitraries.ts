import fc from 'fast-check';

/** Text of the characters that matter to a CSV reader, in any order. */
export const dirtyText = fc
  .array(
    fc.constantFrom('a', 'b', ',', '"', '""', '\n', '\r\n', '\r', ' ', '\t', '#', ',"', '",', '"\n', '\n#', '\n\n'),
    {
      maxLength: 60,
    },
  )
  .map((pieces) => pieces.join(''));
