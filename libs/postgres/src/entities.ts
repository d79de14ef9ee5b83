import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/**
 * The tables of the `millrace` schema as TypeORM sees them. The migrations are the truth; a test holds that these agree.
 * int8 is a string here, as TypeORM's driver gives it; the hot path reads and writes these tables through `pg`.
 */
@Entity({ schema: 'millrace', name: 'datasets' })
export class DatasetEntity {
  @PrimaryColumn('text') name!: string;
  @Column('text') fingerprint!: string;
  @Column('json') config!: unknown;
  @Column('text') table_name!: string;
  @Column('timestamptz', { default: () => 'now()' }) registered_at!: Date;
  @PrimaryColumn('int') version!: number;
  @Column('text', { array: true }) key_columns!: string[];
  @Column('boolean', { default: true }) active!: boolean;
  @Column('jsonb', { nullable: true }) shape!: unknown;
}

@Entity({ schema: 'millrace', name: 'scans' })
export class ScanEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('text') dataset!: string;
  @Column('text') path!: string;
  @Column('text') fingerprint!: string;
  @Column('text', { default: 'requested' }) state!: 'requested' | 'listed' | 'finished' | 'failed';
  @Column('timestamptz', { default: () => 'now()' }) requested_at!: Date;
  @Column('timestamptz', { nullable: true }) listed_at!: Date | null;
  @Column('timestamptz', { nullable: true }) finished_at!: Date | null;
  @Column('int', { nullable: true }) files!: number | null;
  @Column('bigint', { nullable: true }) size_bytes!: string | null;
  @Column('int', { nullable: true }) ignored!: number | null;
  @Column('jsonb', { nullable: true }) refused!: unknown;
  @Column('jsonb', { nullable: true }) error!: unknown;
  @Column('jsonb', { nullable: true }) plan!: unknown;
}

@Entity({ schema: 'millrace', name: 'sources' })
export class SourceEntity {
  @PrimaryColumn('int') id!: number;
  @Column('text') dataset!: string;
  @Column('text', { default: 'file' }) kind!: string;
  @Column('text') path!: string;
  @Column('bigint', { nullable: true }) device!: string | null;
  @Column('bigint', { nullable: true }) inode!: string | null;
  @Column('bigint', { nullable: true }) size_bytes!: string | null;
  @Column('numeric', { nullable: true }) modified_ns!: string | null;
  @Column('numeric', { nullable: true }) changed_ns!: string | null;
  @Column('bigint', { nullable: true }) sealed_bytes!: string | null;
  @Column('bytea', { nullable: true }) header!: Buffer | null;
  @Column('bigint', { nullable: true }) header_end!: string | null;
  @Column('text', { default: 'registered' }) state!: 'registered' | 'live' | 'cut' | 'changed' | 'vanished' | 'failed';
  @Column('jsonb', { nullable: true }) error!: unknown;
  @Column('timestamptz', { default: () => 'now()' }) registered_at!: Date;
  @Column('bigint', { nullable: true }) watch!: string | null;
  @Column('boolean', { default: true }) sealed!: boolean;
  @Column('boolean', { default: false }) settled!: boolean;
  @Column('text', { nullable: true }) compression!: string | null;
  @Column('timestamptz', { nullable: true }) arrived_at!: Date | null;
  @Column('text', { nullable: true }) topic!: string | null;
  @Column('int', { nullable: true }) partition!: number | null;
  @Column('text', { nullable: true }) cluster_id!: string | null;
  @Column('text', { nullable: true }) topic_id!: string | null;
  @Column('bigint', { nullable: true }) base_offset!: string | null;
  @Column('bigint', { nullable: true }) next_record!: string | null;
  @Column('jsonb', { nullable: true }) context!: unknown;
  @Column('jsonb', { nullable: true }) observed!: unknown;
}

@Entity({ schema: 'millrace', name: 'watches' })
export class WatchEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('text') dataset!: string;
  @Column('text') path!: string;
  @Column('timestamptz', { default: () => 'now()' }) created_at!: Date;
  @Column('timestamptz', { nullable: true }) removed_at!: Date | null;
  @Column('timestamptz', { nullable: true }) listed_at!: Date | null;
  @Column('int', { nullable: true }) files!: number | null;
  @Column('int', { nullable: true }) ignored!: number | null;
  @Column('jsonb', { nullable: true }) refused!: unknown;
  @Column('jsonb', { nullable: true }) error!: unknown;
}

@Entity({ schema: 'millrace', name: 'leases' })
export class LeaseEntity {
  @PrimaryColumn('text') subject!: string;
  @Column('text') owner!: string;
  @Column('timestamptz') until!: Date;
}

@Entity({ schema: 'millrace', name: 'scan_sources' })
export class ScanSourceEntity {
  @PrimaryColumn('bigint') scan!: string;
  @PrimaryColumn('int') source!: number;
}

@Entity({ schema: 'millrace', name: 'chunks' })
export class ChunkEntity {
  @PrimaryColumn('int') source!: number;
  @PrimaryColumn('int') chunk!: number;
  @Column('text') fingerprint!: string;
  @Column('smallint', { default: 0 }) flags!: number;
  @Column('bigint', { nullable: true }) byte_start!: string | null;
  @Column('bigint', { nullable: true }) byte_end!: string | null;
  @Column('bigint', { nullable: true }) first_record!: string | null;
  @Column('int') records!: number;
  @Column('bytea', { nullable: true }) content_hash!: Buffer | null;
  @Column('timestamptz', { nullable: true }) published_at!: Date | null;
  @Column('int', { default: 0 }) heals!: number;
  @Column('bigint', { array: true, nullable: true }) dropped!: string[] | null;
}

@Entity({ schema: 'millrace', name: 'ranges' })
export class RangeEntity {
  @PrimaryColumn('int') source!: number;
  @PrimaryColumn('int') chunk_from!: number;
  @Column('int') chunk_to!: number;
  @Column('bigint') byte_start!: string;
  @Column('bigint') byte_end!: string;
  @Column('bigint') first_record!: string;
  @Column('bigint') last_record!: string;
  @Column('bigint') records!: string;
  @Column('bigint') written!: string;
  @Column('bigint') duplicates!: string;
  @Column('bigint') rejected!: string;
  @Column('bigint') skipped!: string;
  @Column('int') heals!: number;
  @Column('bytea', { nullable: true }) content_hash!: Buffer | null;
}

@Entity({ schema: 'millrace', name: 'ledger' })
export class LedgerEntity {
  @PrimaryColumn('int') source!: number;
  @PrimaryColumn('int') chunk!: number;
  @PrimaryColumn('int') slot!: number;
  @Column('bigint', { nullable: true }) first_record!: string | null;
  @Column('bigint', { nullable: true }) last_record!: string | null;
  @Column('int') rows!: number;
  @Column('int', { default: 0 }) written!: number;
  @Column('int', { default: 0 }) duplicates!: number;
  @Column('int', { default: 0 }) rejected!: number;
  @Column('int', { default: 0 }) failed!: number;
}

@Entity({ schema: 'millrace', name: 'manifests' })
export class ManifestEntity {
  @PrimaryColumn('int') source!: number;
  @PrimaryColumn('int') chunk!: number;
  @Column('int') records!: number;
  @Column('int') rejected!: number;
  @Column('int') skipped!: number;
  @Column('int', { array: true }) slots!: number[];
  @Column('boolean', { default: false }) failed!: boolean;
}

@Entity({ schema: 'millrace', name: 'set_aside' })
export class SetAsideEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('text', { nullable: true }) dataset!: string | null;
  @Column('text') stage!: string;
  @Column('text') topic!: string;
  @Column('int') partition!: number;
  @Column('bigint') offset!: string;
  @Column('bigint', { nullable: true }) source!: string | null;
  @Column('bigint', { nullable: true }) chunk!: string | null;
  @Column('bigint', { nullable: true }) slot!: string | null;
  @Column('text') code!: string;
  @Column('text') reason!: string;
  @Column('int') size_bytes!: number;
  @Column('timestamptz', { default: () => 'now()' }) at!: Date;
}

@Entity({ schema: 'millrace', name: 'requests' })
export class RequestEntity {
  @PrimaryColumn('uuid', { default: () => 'gen_random_uuid()' }) id!: string;
  @Column('text') dataset!: string;
  @Column('text') key!: string;
  @Column('bytea') body_hash!: Buffer;
  @Column('int') rows!: number;
  @Column('int', { nullable: true }) source!: number | null;
  @Column('bigint', { nullable: true }) offset!: string | null;
  @Column('int', { default: 0 }) repeats!: number;
  @Column('timestamptz', { default: () => 'clock_timestamp()' }) at!: Date;
}

@Entity({ schema: 'millrace', name: 'evolved_columns' })
export class EvolvedColumnEntity {
  @PrimaryColumn('text') dataset!: string;
  @PrimaryColumn('text') name!: string;
  @Column('text') header!: string;
  @Column('text') type!: string;
  @Column('timestamptz', { default: () => 'now()' }) found_at!: Date;
  @Column('int', { nullable: true }) source!: number | null;
}

@Entity({ schema: 'millrace', name: 'drift_events' })
export class DriftEventEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('text') dataset!: string;
  @Column('bigint', { nullable: true }) scan!: string | null;
  @Column('int', { nullable: true }) source!: number | null;
  @Column('text') path!: string;
  @Column('text') kind!: 'new' | 'missing' | 'renamed' | 'retyped';
  @Column('text') column_name!: string;
  @Column('text', { nullable: true }) detail!: string | null;
  @Column('text') action!: 'evolved' | 'rejected' | 'ignored' | 'reported';
  @Column('timestamptz', { default: () => 'now()' }) at!: Date;
}

@Entity({ schema: 'millrace', name: 'observed_schemas' })
export class ObservedSchemaEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('text') dataset!: string;
  @Column('bigint', { nullable: true }) scan!: string | null;
  @Column('text') path!: string;
  @Column('jsonb') fields!: unknown;
  @Column('timestamptz', { default: () => 'now()' }) at!: Date;
}

@Entity({ schema: 'millrace', name: 'replaced' })
export class ReplacedEntity {
  @PrimaryColumn('text') dataset!: string;
  @Column('int') last_source!: number;
  @Column('timestamptz', { default: () => 'now()' }) at!: Date;
}

@Entity({ schema: 'millrace', name: 'pauses' })
export class PauseEntity {
  @PrimaryColumn('text') dataset!: string;
  @Column('timestamptz', { default: () => 'now()' }) paused_at!: Date;
  @Column('text', { nullable: true }) reason!: string | null;
}

@Entity({ schema: 'millrace', name: 'republications' })
export class RepublicationEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('int') source!: number;
  @Column('int', { default: 0 }) from_chunk!: number;
  @Column('timestamptz', { default: () => 'now()' }) requested_at!: Date;
  @Column('timestamptz', { nullable: true }) finished_at!: Date | null;
  @Column('int', { nullable: true }) next_chunk!: number | null;
  @Column('int', { nullable: true }) chunks!: number | null;
  @Column('jsonb', { nullable: true }) error!: unknown;
}

@Entity({ schema: 'millrace', name: 'api_keys' })
export class ApiKeyEntity {
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
  @Column('bytea') hash!: Buffer;
  @Column('text', { array: true }) datasets!: string[];
  @Column('int', { nullable: true }) rows_per_second!: number | null;
  @Column('bigint', { nullable: true }) bytes_per_second!: string | null;
  @Column('timestamptz', { default: () => 'now()' }) created_at!: Date;
  @Column('timestamptz', { nullable: true }) expires_at!: Date | null;
  @Column('timestamptz', { nullable: true }) revoked_at!: Date | null;
  @Column('timestamptz', { nullable: true }) last_used_at!: Date | null;
}

@Entity({ schema: 'millrace', name: 'offsets' })
export class OffsetEntity {
  @PrimaryColumn('text') topic!: string;
  @PrimaryColumn('int') partition!: number;
  @Column('bigint') next_offset!: string;
}

/** `rejects` and `duplicates` have no key (a row each, written by COPY): TypeORM cannot map them. */
export const entities = [
  DatasetEntity,
  ScanEntity,
  SourceEntity,
  ScanSourceEntity,
  WatchEntity,
  LeaseEntity,
  ChunkEntity,
  RangeEntity,
  LedgerEntity,
  ManifestEntity,
  SetAsideEntity,
  RequestEntity,
  EvolvedColumnEntity,
  DriftEventEntity,
  ObservedSchemaEntity,
  ReplacedEntity,
  PauseEntity,
  RepublicationEntity,
  ApiKeyEntity,
  OffsetEntity,
];
