/** Topics as data: the name of each is `<layer>.<dataset>`. */
export const LAYERS = ['inbox', 'bronze', 'silver', 'screened', 'rejects'] as const;
export type Layer = (typeof LAYERS)[number];

/** Where live producers write; any Kafka client may. */
export const INBOX_PARTITIONS = 4;
export const BRONZE_PARTITIONS = 8;
export const REJECTS_PARTITIONS = 4;

export interface TopicSpec {
  topic: string;
  partitions: number;
}

export function topicName(layer: Layer, dataset: string): string {
  return `${layer}.${dataset}`;
}

/** Splits `silver.sales` into its layer and dataset; undefined for a topic that is not ours. */
export function parseTopic(topic: string): { layer: Layer; dataset: string } | undefined {
  const dot = topic.indexOf('.');
  const layer = LAYERS.find((name) => name === topic.slice(0, dot));
  return layer && dot > 0 ? { layer, dataset: topic.slice(dot + 1) } : undefined;
}

/** All topics of a dataset. silver and screened have one partition a part: partition = part. */
export function topicsOf(dataset: string, parts: number): TopicSpec[] {
  return [
    { topic: topicName('inbox', dataset), partitions: INBOX_PARTITIONS },
    { topic: topicName('bronze', dataset), partitions: BRONZE_PARTITIONS },
    { topic: topicName('silver', dataset), partitions: parts },
    { topic: topicName('screened', dataset), partitions: parts },
    { topic: topicName('rejects', dataset), partitions: REJECTS_PARTITIONS },
  ];
}

/** Chunks of one source spread over all bronze partitions, so that one large file feeds every cleaner. */
export function bronzePartition(source: number, chunk: number): number {
  return (source + chunk) % BRONZE_PARTITIONS;
}

/** A chunk's manifest always goes to the same partition: its applier is then the only writer of it. */
export function rejectsPartition(source: number, chunk: number): number {
  return (source + chunk) % REJECTS_PARTITIONS;
}

/** Consumer group of a stage: one for all datasets. */
export function groupOf(stage: 'ingestor' | 'cleaner' | 'deduper' | 'aggregator'): string {
  return `millrace.${stage}`;
}
