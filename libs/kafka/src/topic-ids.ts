import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from '@platformatic/kafka';
import { adminSecurity, type KafkaSecurity } from './security.js';

const RETRY_MS = 200;
/** A broker that restarts is waited for, 10 s in all; one that does not know a topic may not know it yet. */
const TRIES = 50;
const TRIES_UNKNOWN = 3;
const TIMEOUT_MS = 5000;

/**
 * Asks for the ids of topics, which tell one that was made anew from the former of its name. kafkajs cannot ask for them;
 * the client that can is loaded and connected with the first question, as it costs time and memory.
 */
export class TopicIds {
  private admin: Promise<Admin> | undefined;

  constructor(
    private readonly brokers: string[],
    private readonly clientId: string,
    private readonly security?: KafkaSecurity,
  ) {}

  /** By topic; those that do not exist are left out. */
  async ask(topics: readonly string[]): Promise<Map<string, string>> {
    const admin = await this.connected();
    const ids = await Promise.all(topics.map((topic) => idOf(admin, topic)));
    return new Map(topics.flatMap((topic, index) => (ids[index] ? [[topic, ids[index]] as const] : [])));
  }

  /** The client itself, for what else kafkajs cannot ask for. */
  connected(): Promise<Admin> {
    this.admin ??= this.open();
    return this.admin;
  }

  async close(): Promise<void> {
    const { admin } = this;
    this.admin = undefined;
    await admin?.then((opened) => opened.close()).catch(() => {});
  }

  private async open(): Promise<Admin> {
    const { Admin } = await import('@platformatic/kafka');
    return new Admin({
      clientId: this.clientId,
      bootstrapBrokers: this.brokers,
      retries: 0,
      timeout: TIMEOUT_MS,
      connectTimeout: TIMEOUT_MS,
      ...adminSecurity(this.security, this.brokers),
    });
  }
}

/** One topic a question: of several, one that is missing would hide the others. */
async function idOf(admin: Admin, topic: string): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
      return topics.get(topic)?.id;
    } catch (error) {
      if (isUnknown(error) && tries >= TRIES_UNKNOWN) return undefined;
      if (tries >= TRIES || admin.closed) throw error;
    }
    await sleep(RETRY_MS);
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unknown topic ');
}
