import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { hashSecret, parseApiKey } from '@millrace/contracts';
import type { Logger } from '@millrace/telemetry';
import { HttpProblem, type ProblemCode } from '../problem.js';
import type { FailedAttempts } from './failed-attempts.js';
import { covers, type KeyRing, type KnownKey } from './key-ring.js';
import { isLoopback, isOfForeignPage, isProxied, networkOf } from './peer.js';
import { Quota } from './quota.js';
import { TokenBucket } from './token-bucket.js';

/** Who sent a request, and what it may. */
export interface Caller {
  covers(dataset: string): boolean;
  quota: Quota;
}

const LOCAL: Caller = { covers: () => true, quota: new Quota({ rows_per_second: null, bytes_per_second: null }) };
const CHALLENGE = 'Bearer realm="millrace"';
/** Of refused requests in the log: a flood of them must not fill the disk. */
const LOG = { per_second: 1, burst: 20 } as const;
const NO_HASH = Buffer.alloc(32);

/**
 * The one gate before rows and receipts. With no key configured it lets in whoever connects from this machine itself; from
 * the first unrevoked key on, who has a valid one.
 */
export class Access {
  private readonly logged = new TokenBucket(LOG.per_second, LOG.burst);

  constructor(
    private readonly ring: Pick<KeyRing, 'keys' | 'isExpired'>,
    private readonly attempts: Pick<FailedAttempts, 'fail'>,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /**
   * Looks at the socket and the head only: nothing of the body is read.
   * @throws HttpProblem KEY_MISSING, KEY_INVALID, RATE_LIMITED, ORIGIN_REFUSED, POSTGRES_UNREACHABLE
   */
  admit({ headers, socket: { remoteAddress: address } }: Pick<IncomingMessage, 'headers' | 'socket'>): Caller {
    const { keys } = this.ring;
    const text = presented(headers);
    if (text !== null) return this.holder(keys, text, address);
    if (keys.size > 0) throw this.refused('KEY_MISSING', 'Send an API key: Authorization: Bearer mr_…', address);
    if (!isLoopback(address) || isProxied(headers)) {
      const detail =
        'No API key is configured: only clients on the machine itself are served, and none through a proxy. ' +
        '`millrace keys create` makes a key.';
      throw this.refused('KEY_MISSING', detail, address);
    }
    if (isOfForeignPage(headers)) {
      const detail =
        'Without an API key, Host must be localhost or its address, and no page of another origin is served.';
      throw new HttpProblem('ORIGIN_REFUSED', detail);
    }
    return LOCAL;
  }

  private holder(keys: ReadonlyMap<string, KnownKey>, text: string, address: string | undefined): Caller {
    const parsed = parseApiKey(text);
    const known = parsed ? keys.get(parsed.id) : undefined;
    // Of an id that there is none of it takes as long.
    const isRight = timingSafeEqual(hashSecret(parsed?.secret ?? ''), known?.hash ?? NO_HASH);
    if (known && isRight && !this.ring.isExpired(known)) {
      known.used = true;
      return { covers: (dataset) => covers(known, dataset), quota: known.quota };
    }
    throw this.refused('KEY_INVALID', 'The API key is unknown, revoked or expired.', address, parsed?.id);
  }

  private refused(code: ProblemCode, detail: string, address: string | undefined, key_id?: string): HttpProblem {
    const network = networkOf(address);
    if (this.logged.take(1)) this.log.warn({ code, address: network, key_id }, 'request refused');
    const wait_s = this.attempts.fail(network);
    if (wait_s > 0) {
      const headers = { 'retry-after': String(wait_s), connection: 'close' };
      return new HttpProblem('RATE_LIMITED', `Too many requests without a valid key. ${detail}`, { headers });
    }
    const error = code === 'KEY_INVALID' ? ', error="invalid_token"' : '';
    return new HttpProblem(code, detail, { headers: { 'www-authenticate': CHALLENGE + error } });
  }
}

/** @throws HttpProblem KEY_SCOPE, whether there is such a dataset or not */
export function requireScope(caller: Caller, dataset: string): void {
  if (caller.covers(dataset)) return;
  throw new HttpProblem('KEY_SCOPE', 'The API key is for other datasets.', {
    headers: { 'www-authenticate': `${CHALLENGE}, error="insufficient_scope"` },
  });
}

/** X-Api-Key is ours alone; Authorization may be for a proxy in between. @returns null for none */
function presented(headers: IncomingHttpHeaders): string | null {
  const own = headers['x-api-key'];
  if (own !== undefined) return String(own);
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}
