export interface TopicPartition {
  topic: string;
  partition: number;
}
