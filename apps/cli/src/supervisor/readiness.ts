const ANSWER_MS = 2_000;

export async function isReady(port: number): Promise<boolean> {
  return (await ask(port, '/health/ready')) !== undefined;
}

/** The service's metrics as Prometheus text; undefined when it does not answer. */
export async function readMetrics(port: number): Promise<string | undefined> {
  return ask(port, '/metrics');
}

export function metricsUrl(port: number): string {
  return `http://127.0.0.1:${port}/metrics`;
}

/** Sum of all samples of one metric; undefined when it has none. */
export function sumMetric(text: string, metric: string): number | undefined {
  let sum: number | undefined;
  for (const line of text.split('\n')) {
    if (!line.startsWith(metric) || !/^[{ ]/.test(line.slice(metric.length))) continue;
    const value = Number(
      line
        .slice(line.lastIndexOf('}') + 1 || metric.length)
        .trim()
        .split(' ')[0],
    );
    if (!Number.isNaN(value)) sum = (sum ?? 0) + value;
  }
  return sum;
}

async function ask(port: number, path: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}
