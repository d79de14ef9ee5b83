import { metrics } from '@millrace/telemetry';

export type ServerName = 'kafka' | 'postgres';

/** Tells whether the last contact of this service with a server succeeded. */
export function setServerUp(server: ServerName, isUp: boolean): void {
  metrics.serverUp.set({ server }, isUp ? 1 : 0);
}
