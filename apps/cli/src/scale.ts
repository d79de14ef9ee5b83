import { InvalidArgumentError } from 'commander';

export const SERVICES = ['ingestor', 'cleaner', 'deduper', 'aggregator'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** How many instances of each service. */
export type Scale = Record<ServiceName, number>;

export const DEFAULT_SCALE: Scale = { ingestor: 1, cleaner: 1, deduper: 1, aggregator: 1 };

/** More than any topic has partitions: further instances would only idle. */
const INSTANCES_MAX = 32;

/** Reads `cleaner=2,deduper=2`. @throws InvalidArgumentError, which commander reports with the option's name */
export function parseScale(text: string): Scale {
  const scale = { ...DEFAULT_SCALE };
  for (const item of text.split(',').filter((part) => part.trim() !== '')) {
    const [name, count, ...rest] = item.split('=').map((part) => part.trim());
    if (!isService(name)) {
      throw new InvalidArgumentError(`No service "${name}"; there are ${SERVICES.join(', ')}.`);
    }
    const instances = /^\d+$/.test(count ?? '') && rest.length === 0 ? Number(count) : 0;
    if (instances < 1 || instances > INSTANCES_MAX) {
      throw new InvalidArgumentError(`${name} takes 1 to ${INSTANCES_MAX}, not "${count ?? ''}".`);
    }
    scale[name] = instances;
  }
  return scale;
}

/** `cleaner-1`, `cleaner-2`, ...: stable over restarts, as the deduper's snapshots are found by it. */
export function instancesOf(scale: Scale): { name: ServiceName; instance: string; index: number }[] {
  return SERVICES.flatMap((name) =>
    Array.from({ length: scale[name] }, (_, index) => ({ name, instance: `${name}-${index + 1}`, index })),
  );
}

export function isService(name: string | undefined): name is ServiceName {
  return SERVICES.some((service) => service === name);
}
