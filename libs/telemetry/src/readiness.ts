import { Injectable } from '@nestjs/common';

/** Answers whether one thing that the service needs is there; a throw counts as no, its message as the reason. */
export type ReadinessCheck = () => boolean | Promise<boolean>;

export interface Readiness {
  ready: boolean;
  checks: Record<string, { ready: boolean; reason?: string }>;
}

/** The named conditions under which this service is ready; who owns a condition registers it. */
@Injectable()
export class ReadinessChecks {
  private readonly checks = new Map<string, ReadinessCheck>();

  register(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  async read(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => {
        try {
          return [name, { ready: await check() }] as const;
        } catch (error) {
          return [name, { ready: false, reason: (error as Error).message }] as const;
        }
      }),
    );
    return { ready: results.every(([, result]) => result.ready), checks: Object.fromEntries(results) };
  }
}
