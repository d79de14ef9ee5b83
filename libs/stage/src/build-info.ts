import { readFileSync } from 'node:fs';
import { metrics } from '@millrace/telemetry';

/** Shows in the metrics what runs here. @param contract the version in which it publishes */
export function tellBuild(service: string, contract: number): void {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  metrics.buildInfo.set({ service, version, contract: String(contract) }, 1);
}
