import type { Incidents, Pause } from '@millrace/postgres';
import pc from 'picocolors';
import { plural } from '../screen/format.js';

/** One line for people. */
export function pauseLine({ dataset, paused_at, reason }: Pause): string {
  return pc.yellow(`paused     ${dataset} since ${paused_at.toISOString()}${reason ? ` (${reason})` : ''}`);
}

/** What Kafka lost of a dataset, ever: a line each for what was made good, and for what could not be. */
export function incidentLines({ dataset, heals, lost_offsets, replaced_partitions }: Incidents): string[] {
  const lines: string[] = [];
  if (heals > 0)
    lines.push(pc.yellow(`healed     ${dataset}: ${plural(heals, 'chunk')} that Kafka lost, published again`));
  if (lost_offsets > 0) {
    lines.push(
      pc.red(`lost       ${dataset}: ${plural(lost_offsets, 'message')} of the inbox, before they were recorded`),
    );
  }
  if (replaced_partitions > 0) {
    const partitions = plural(replaced_partitions, 'inbox partition');
    lines.push(pc.red(`lost       ${dataset}: what was unread of ${partitions} that was deleted`));
  }
  return lines;
}
