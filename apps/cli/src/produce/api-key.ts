import { parseApiKey } from '@millrace/contracts';
import { withSecrets } from '@millrace/telemetry/environment';
import { CommandFailure } from '../failure.js';

const CACHED_MS = 1000;

/**
 * The key of MILLRACE_API_KEY or MILLRACE_API_KEY_FILE; a file is read anew now and then, so that a producer goes on when the
 * key in it is exchanged. @throws MillraceError ENVIRONMENT_INVALID, CommandFailure USAGE for what is no key by its form
 */
export function followApiKey(environment: NodeJS.ProcessEnv = process.env): () => string | undefined {
  let key = readApiKey(environment);
  let read_at = Date.now();
  return () => {
    if (environment.MILLRACE_API_KEY_FILE && Date.now() - read_at > CACHED_MS) {
      read_at = Date.now();
      key = readAgain(environment) ?? key;
    }
    return key;
  };
}

function readApiKey(environment: NodeJS.ProcessEnv): string | undefined {
  const key = withSecrets(environment, ['MILLRACE_API_KEY']).MILLRACE_API_KEY?.trim();
  if (key === undefined || key === '') return undefined;
  if (parseApiKey(key)) return key;
  const name = environment.MILLRACE_API_KEY_FILE ? 'MILLRACE_API_KEY_FILE' : 'MILLRACE_API_KEY';
  throw new CommandFailure('USAGE', `${name} holds no API key`, 'a key is mr_<id>_<secret>: npx millrace keys create');
}

/** Half a file, while somebody writes it, is no key: the former one goes on. */
function readAgain(environment: NodeJS.ProcessEnv): string | undefined {
  try {
    return readApiKey(environment);
  } catch {
    return undefined;
  }
}
