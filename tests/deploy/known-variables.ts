import { SECURITY_VARIABLES } from '@millrace/kafka';
import { SERVICE_VARIABLES } from '@millrace/stage';
import { readEnvironment, SECRET_VARIABLES } from '@millrace/telemetry';
import { expect } from 'vitest';
import { DEDUPER_VARIABLES } from '../../apps/deduper/src/environment.js';
import { INGESTOR_VARIABLES } from '../../apps/ingestor/src/environment.js';

// DATABASE_URL of the services, of which it may be missing.
const VARIABLES = { ...INGESTOR_VARIABLES, ...DEDUPER_VARIABLES, ...SECURITY_VARIABLES, ...SERVICE_VARIABLES };

/** That the services take an environment as it stands in a container: every name is known, and every value is valid. */
export function expectAccepted(environment: Record<string, string>): void {
  // Secrets in files: the files are the container's, and a test of their own reads them.
  const inFiles = SECRET_VARIABLES.map((name) => `${name}_FILE`);
  const rest = Object.fromEntries(Object.entries(environment).filter(([name]) => !inFiles.includes(name)));
  expect(readEnvironment(VARIABLES, rest)).toMatchObject({ MILLRACE_HTTP_PORT: expect.any(Number) });
  // readEnvironment finds unknown names of Millrace's own only.
  const foreign = Object.keys(rest).filter((name) => !(name in VARIABLES) && !/^(MILLRACE|NODE)_/.test(name));
  expect(foreign).toEqual([]);
}
