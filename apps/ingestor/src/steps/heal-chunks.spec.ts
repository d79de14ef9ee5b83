import type { KafkaClient } from '@millrace/kafka';
import { describe, expect, it } from 'vitest';
import { isFlowIdle } from './heal-chunks.js';

/** Answers one lag after the other, then 0, and remembers what was asked. */
function kafkaWith(lags: number[]) {
  const asked: string[] = [];
  const lag = async (group: string, topics: string[]) => {
    asked.push(`${group} ${topics.join(' ')}`);
    return topics.map((topic) => ({ topic, partition: 0, lag: lags.shift() ?? 0 }));
  };
  return { kafka: { lag } as unknown as KafkaClient, asked };
}

describe('isFlowIdle', () => {
  it('asks every stage twice, in the order of the flow', async () => {
    const { kafka, asked } = kafkaWith([]);
    expect(await isFlowIdle(kafka, 'sales', 1)).toBe(true);
    const once = [
      'millrace.cleaner bronze.sales',
      'millrace.deduper silver.sales',
      'millrace.aggregator screened.sales rejects.sales',
    ];
    expect(asked).toEqual([...once, ...once]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('is false when reading %i of a topic shows lag', async (reading) => {
    const lags = Array.from({ length: 8 }, (_, index) => (index === reading ? 1 : 0));
    expect(await isFlowIdle(kafkaWith(lags).kafka, 'sales', 1)).toBe(false);
  });
});
