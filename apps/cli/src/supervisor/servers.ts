import { setTimeout as sleep } from 'node:timers/promises';
import type { MillraceError } from '@millrace/contracts';
import { type Embedded, resolveServers, type ServerName, startEmbedded } from '@millrace/embedded';
import { readKafkaSecurity } from '@millrace/kafka';
import { openDatabase } from '@millrace/postgres';
import { withSecrets } from '@millrace/telemetry/environment';
import { countDeath, restartDelay } from './backoff.js';

export interface ServersOptions {
  home: string;
  log: (text: string) => void;
  /** An embedded server does not come back; undefined when all is well again. */
  problem: (error: MillraceError | undefined) => void;
}

/** The broker and the database: those of the environment, else embedded ones that are started again when they die. */
export class Servers {
  private readonly lives = new Map<ServerName, { deaths: number; since: number }>();
  private stopping = false;

  private constructor(
    readonly database_url: string,
    readonly kafka_brokers: string,
    private readonly own: Embedded | undefined,
    private readonly options: ServersOptions,
  ) {
    own?.onExit((name) => void this.revive(name));
  }

  /** @throws MillraceError ENVIRONMENT_INVALID, *_UNREACHABLE, POSTGRES_TOO_OLD, EMBEDDED_START_FAILED, DISK_FULL, ... */
  static async start(options: ServersOptions): Promise<Servers> {
    // What is wrong with it is told before any server is asked.
    readKafkaSecurity();
    const resolved = await resolveServers(withSecrets(), { checkDatabase });
    if (resolved.kind === 'outside') {
      return new Servers(resolved.database_url, resolved.kafka_brokers, undefined, options);
    }
    const own = await startEmbedded(options.home, { log: options.log });
    return new Servers(own.database_url, own.kafka_brokers, own, options);
  }

  get embedded(): boolean {
    return this.own !== undefined;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.own?.stop();
  }

  /** On the same port, so that clients find it again by themselves. */
  private async revive(name: ServerName): Promise<void> {
    const { deaths, since } = this.lives.get(name) ?? { deaths: 0, since: Date.now() };
    let attempts = countDeath(deaths, deaths === 0 ? 0 : Date.now() - since);
    let troubled = false;
    for (; !this.stopping; attempts++) {
      await sleep(restartDelay(attempts));
      if (this.stopping) return;
      try {
        await this.own?.restart(name);
        this.lives.set(name, { deaths: attempts, since: Date.now() });
        if (troubled) this.options.problem(undefined);
        return;
      } catch (error) {
        troubled = true;
        if (!this.stopping) this.options.problem(error as MillraceError);
      }
    }
  }
}

async function checkDatabase(database_url: string): Promise<void> {
  const database = await openDatabase(database_url, { role: 'supervisor', max: 1 });
  await database.close();
}
