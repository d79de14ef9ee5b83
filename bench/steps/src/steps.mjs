/**
 * The steps of a row's way, each by itself. `make` prepares one over the same sales and gives what is measured: a function that does the
 * step once for all of them and answers how many rows it took; it throws where a checkout has no such step.
 *
 * @typedef {Awaited<ReturnType<typeof import('./checkout.mjs').loadCheckout>>} Modules
 * @typedef {Awaited<ReturnType<typeof import('./sales.mjs').prepareSales>>} Sales
 */

/** @type {{ name: string, what: string, make(modules: Modules, sales: Sales): () => number | Promise<number> }[]} */
export const STEPS = [
  { name: 'cut', what: 'file to chunks at record boundaries', make: cut },
  { name: 'pack', what: 'chunk to its bronze message, zstd', make: pack },
  { name: 'unpack', what: 'bronze message to chunk, zstd', make: unpack },
  { name: 'parse', what: 'chunk to offsets of values', make: parse },
  { name: 'clean', what: 'chunk to silver messages and manifest, all of it', make: clean },
  { name: 'encode', what: 'columns to the body of a batch', make: encode },
  { name: 'encode + zstd', what: 'columns to a silver message', make: encodeCompressed },
  { name: 'hash', what: 'keys to two lanes and their part', make: hash },
  { name: 'read hashes', what: 'what the deduper decodes of a silver message', make: readHashes },
  { name: 'decode', what: 'body of a batch to columns', make: decode },
  { name: 'decode + zstd', what: 'silver message to columns', make: decodeCompressed },
  { name: 'aggregate', what: 'columns to gold deltas, one transaction', make: aggregate },
  { name: 'copy', what: 'columns to binary COPY tuples, one transaction', make: copy },
];

function cut({ csv }, { read, file, header_end }) {
  return async () => {
    let rows = 0;
    for (let from = header_end; ; ) {
      const chunk = await csv.nextChunk(read, from, file.length);
      if (!chunk) return rows;
      rows += chunk.records;
      from = chunk.byte_end;
    }
  };
}

function pack({ contracts }, { chunks }) {
  return () => sum(chunks, (chunk) => (contracts.encodeChunk(chunk).length > 0 ? chunk.records : 0));
}

function unpack({ contracts }, { bronze }) {
  return () => sum(bronze, (message) => contracts.decodeChunk(message).records);
}

function parse({ parsing }, { plan, chunks }) {
  return () => sum(chunks, (chunk) => parsing.parseChunk(plan, chunk).count);
}

function clean({ cleaning }, { plan, chunks }) {
  return () => sum(chunks, (chunk) => cleaning.cleanChunk(plan, chunk).counts.records);
}

function encode({ columnar }, { batches }) {
  return () =>
    sum(batches, ({ data }) => (columnar.encodeBody(data.columns, data.rows, data.records).length > 0 ? data.rows : 0));
}

function encodeCompressed({ columnar, contracts }, { batches }) {
  return () =>
    sum(batches, ({ batch, data }) => {
      const body = columnar.encodeBody(data.columns, data.rows, data.records);
      return contracts.encodeBatch(batch, body).length > 0 ? data.rows : 0;
    });
}

function hash({ columnar }, { plan, batches }) {
  const keys = batches.map(({ data }) => {
    const { bytes, offsets } = data.columns[plan.keys[0]];
    return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offsets };
  });
  const lanes = new Uint32Array(2 * Math.max(...keys.map(({ offsets }) => offsets.length)));
  const rowsOf = new Uint32Array(plan.parts);
  return () =>
    sum(keys, ({ view, offsets }) => {
      for (let row = 0; row < offsets.length - 1; row++) {
        columnar.hashKeyAt(view, offsets[row], offsets[row + 1], lanes, row);
        rowsOf[columnar.partOfHash(lanes[2 * row], lanes[2 * row + 1], plan.parts)]++;
      }
      return offsets.length - 1;
    });
}

function readHashes({ contracts }, { batches }) {
  return () => sum(batches, ({ message }) => contracts.decodeBatch(message).hashes.length / 2);
}

function decode({ columnar }, { plan, batches }) {
  return () => sum(batches, ({ body }) => columnar.decodeBody(body, plan).rows);
}

function decodeCompressed({ columnar, contracts }, { plan, batches }) {
  return () =>
    sum(batches, ({ message }) => {
      const batch = contracts.decodeBatch(message);
      return columnar.decodeBody(contracts.openBody(message, batch), plan).rows;
    });
}

function aggregate({ gold }, { plan, batches }) {
  return () => {
    const deltas = new gold.GoldDeltas(plan);
    return sum(batches, ({ data }) => {
      deltas.add(data, null);
      return data.rows;
    });
  };
}

function copy({ copy: { RowEncoder } }, { plan, batches }) {
  const encoder = new RowEncoder();
  const sets = batches.map(({ batch, data }) => ({ ...batch, data, selected: null }));
  return () => {
    let size = 0;
    for (const slice of encoder.encode(plan, 1, sets)) size += slice.length;
    return size > 0 ? sum(batches, ({ data }) => data.rows) : 0;
  };
}

function sum(list, of) {
  let total = 0;
  for (const entry of list) total += of(entry);
  return total;
}
