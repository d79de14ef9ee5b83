import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Kafka } from 'kafkajs';

interface Member {
  group: string;
  member_id: string;
  pid: number;
  /** When that was, epoch milliseconds. */
  remembered_ms: number;
}

/** The parts of kafkajs that its public API lacks: leaving a group in the name of another member. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(group: { groupId: string }): Promise<{
    leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
  }>;
}

/**
 * Remembers in a file which member of its group this instance is. A member that was killed keeps its partitions until its
 * session times out, and the whole group waits for it; its successor therefore leaves the group in its name first. Static
 * membership would do the same, but kafkajs has none.
 */
export class Membership {
  constructor(
    private readonly path: string | undefined,
    private readonly group: string,
  ) {}

  remember(member_id: string): void {
    if (!this.path) return;
    const member: Omit<Member, 'remembered_ms'> = { group: this.group, member_id, pid: process.pid };
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(this.path, JSON.stringify(member));
  }

  forget(): void {
    if (this.path) rmSync(this.path, { force: true });
  }

  /** Best effort: what is left undone, the session timeout does. @returns whether a dead member was taken out */
  async leaveForPredecessor(kafka: Kafka): Promise<boolean> {
    const member = this.read();
    if (!member || member.group !== this.group || isAlive(member)) return false;
    const cluster = clusterOf(kafka);
    try {
      await cluster.connect();
      const coordinator = await cluster.findGroupCoordinator({ groupId: member.group });
      await coordinator.leaveGroup({ groupId: member.group, memberId: member.member_id });
      return true;
    } catch {
      return false;
    } finally {
      this.forget();
      await cluster.disconnect().catch(() => {});
    }
  }

  private read(): Member | undefined {
    if (!this.path) return undefined;
    try {
      return { ...JSON.parse(readFileSync(this.path, 'utf8')), remembered_ms: statSync(this.path).mtimeMs } as Member;
    } catch {
      return undefined;
    }
  }
}

function isAlive({ pid, remembered_ms }: Member): boolean {
  // Containers give their processes the same numbers again and again: it was this one only if it was after its start.
  if (pid === process.pid) return remembered_ms >= performance.timeOrigin;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function clusterOf(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description?.endsWith(':createCluster'));
  if (!symbol) throw new Error('kafkajs has changed: it makes clusters in another way');
  const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol];
  return create({ allowAutoTopicCreation: false });
}
