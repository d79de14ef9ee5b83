/**
 * Who may do what in the schema `millrace`. Nobody logs in as these roles: login users get them by GRANT. A test holds that
 * each table and view is told of here.
 */
export const WRITER = 'millrace_writer';
export const READER = 'millrace_reader';

export type Privilege = 'select' | 'insert' | 'update' | 'delete';
/** Of which columns; `*` is the whole table. */
export type Rights = { [privilege in Privilege]?: readonly string[] | '*' };

export interface RelationRights {
  /** The services, and the commands that ask for work. */
  writer: Rights;
  /** Dashboards and analysts: nothing that shows rejected values, raw bytes, what sources hold, or keys. */
  reader: Rights;
}

const READ: Rights = { select: '*' };
const APPEND: Rights = { select: '*', insert: '*' };
const EDIT: Rights = { ...APPEND, update: '*' };
const WRITE: Rights = { ...EDIT, delete: '*' };
const RECORD: Rights = { ...APPEND, delete: '*' };

const columns = (names: string): Rights => ({ select: names.split(' ') });

export const RIGHTS: Readonly<Record<string, RelationRights>> = {
  // What only the owner of the schema writes.
  migrations: { writer: READ, reader: {} },
  api_keys: { writer: { select: '*', update: ['last_used_at'] }, reader: {} },

  // What is asked for.
  datasets: { writer: EDIT, reader: READ },
  scans: { writer: EDIT, reader: READ },
  scan_sources: { writer: RECORD, reader: READ },
  watches: { writer: EDIT, reader: READ },
  pauses: { writer: WRITE, reader: READ },
  republications: { writer: EDIT, reader: READ },

  // The flow.
  sources: {
    writer: WRITE,
    reader: columns(
      'id dataset kind path size_bytes sealed_bytes state registered_at watch sealed settled compression arrived_at ' +
        'topic partition cluster_id topic_id base_offset next_record',
    ),
  },
  chunks: { writer: WRITE, reader: READ },
  ledger: { writer: WRITE, reader: READ },
  manifests: { writer: WRITE, reader: READ },
  ranges: { writer: WRITE, reader: READ },
  offsets: { writer: WRITE, reader: {} },
  leases: { writer: WRITE, reader: {} },
  requests: { writer: WRITE, reader: {} },
  replaced: { writer: EDIT, reader: {} },

  // What became of rows that were not written.
  rejects: { writer: RECORD, reader: columns('source record dataset column code') },
  duplicates: { writer: RECORD, reader: READ },
  set_aside: {
    writer: RECORD,
    reader: columns('id dataset stage topic partition offset source chunk slot code size_bytes at'),
  },

  // What files looked like.
  evolved_columns: { writer: EDIT, reader: READ },
  drift_events: { writer: APPEND, reader: READ },
  observed_schemas: { writer: APPEND, reader: READ },

  // Views. The writer owns duplicates_named, as it names each dataset's table.
  chunk_outcomes: { writer: READ, reader: READ },
  books: { writer: READ, reader: READ },
  rejects_located: {
    writer: READ,
    reader: columns('dataset source kind path record topic partition offset row column code'),
  },
  duplicates_named: { writer: {}, reader: READ },
};
