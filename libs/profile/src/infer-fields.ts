import type { ColumnType } from '@millrace/dataset';
import { FieldProfile } from './field-profile.js';

export interface InferredField {
  name: string;
  type: ColumnType;
  /** Whether any value was blank. */
  nullable: boolean;
}

/** Profiles of the fields of some rows; rows may be short. */
export function profileFields(names: readonly string[], rows: Iterable<readonly string[]>): FieldProfile[] {
  const profiles = names.map((name) => new FieldProfile(name));
  for (const row of rows) {
    for (const [index, profile] of profiles.entries()) profile.add(row[index] ?? '');
  }
  return profiles;
}

/** The narrowest type that all values of a field have. */
export function inferFields(names: readonly string[], rows: Iterable<readonly string[]>): InferredField[] {
  return profileFields(names, rows).map(({ name, type, nullable }) => ({ name, type, nullable }));
}
