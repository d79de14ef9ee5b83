import { MillraceError } from '@millrace/contracts';
import { type Database, knownDatasets } from '@millrace/postgres';

/** @throws MillraceError DATASET_UNKNOWN with those that there are */
export async function requireDataset(db: Database, dataset: string): Promise<void> {
  const known = await knownDatasets(db);
  if (known.includes(dataset)) return;
  const there = known.length > 0 ? `there are ${known.join(', ')}` : 'none was ever registered: npx millrace up';
  throw new MillraceError('DATASET_UNKNOWN', `there is no dataset ${dataset}: ${there}`, { place: { dataset } });
}
