import { MillraceError } from '@millrace/contracts';
import { packChunk } from '../steps/chunk-row.js';
import { cutSource, stateAfter } from '../steps/cut-source.js';
import { isSameInode, statOf } from '../steps/file-stat.js';
import type { ClaimedSource } from '../steps/open-sources.js';
import type { ReadAhead } from '../steps/read-ahead.js';
import type { PackedStep } from '../steps/record-cuts.js';
import { isDirectSource } from '../steps/source-file.js';
import type { ContentChecks } from './content-checks.js';

/** Of a source that is read once; then the others have their turn. */
const SLICE_BYTES = 32 * 1024 * 1024;

/**
 * Cuts a claimed source as far as it goes, or a slice of it, and packs its chunks. A source that cannot go on now ends as `registered`, one
 * whose slice is cut does not end.
 */
export async function* cutClaimed(
  source: ClaimedSource,
  fingerprint: string,
  checks: ContentChecks,
  { ahead, contract }: { ahead: ReadAhead; contract?: number },
): AsyncGenerator<PackedStep> {
  const { compression, arrived_ms, context, decision } = source;
  if (source.sealed && source.was_live) {
    const holds = await checks.holds(source);
    if (holds === undefined) return;
    if (!holds) {
      yield await endOf(source, otherContent(source));
      return;
    }
  }
  if (decision !== 'made') {
    yield { kind: 'begin', source: source.id, path: source.path, size_bytes: source.sealed_bytes };
    if (decision !== 'later') yield await endOf(source, decision);
    else yield { kind: 'end', source: source.id, state: compression ? 'registered' : 'live', error: null };
    return;
  }
  let left_bytes = isDirectSource(compression, context) ? SLICE_BYTES : Infinity;
  for await (const step of cutSource(source, fingerprint, ahead)) {
    if (step.kind === 'end' && step.error) yield await endOf(source, step.error, step);
    else if (step.kind !== 'chunk') yield step;
    else {
      // Now: its bytes are only lent.
      yield { kind: 'chunk', ...packChunk({ ...step, context, arrived_ms }, contract) };
      left_bytes -= step.row.byte_end - step.row.byte_start;
      if (left_bytes <= 0 && step.row.byte_end < source.sealed_bytes) return;
    }
  }
}

/** A watch finds what is not where it was listed, or gives it up. */
async function endOf(source: ClaimedSource, error: MillraceError, end?: PackedStep): Promise<PackedStep> {
  const { id, path, stat, sealed_bytes, is_watched } = source;
  if (is_watched) {
    const now = await statOf(path);
    if (!now || !isSameInode(now, stat) || now.size_bytes < sealed_bytes) {
      return { kind: 'end', source: id, state: 'registered', error: null };
    }
  }
  return end ?? { kind: 'end', source: id, state: stateAfter(error), error };
}

function otherContent({ path }: ClaimedSource): MillraceError {
  const message = `${path}: its content is not what was recorded while it was written`;
  return new MillraceError('SOURCE_CHANGED', message, { place: { file: path } });
}
