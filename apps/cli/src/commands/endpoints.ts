import { Command } from 'commander';
import { resolveEndpoints } from '../endpoints.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { millraceHome } from '../project.js';

export function endpointsCommand(): Command {
  return new Command('endpoints')
    .description('where the database, the broker and the metrics are')
    .option('--json', 'print JSON')
    .action(({ json }: OutputOptions) => {
      const { database_url, kafka_brokers, metrics } = resolveEndpoints(millraceHome());
      if (json) return printJson({ database_url, kafka_brokers, metrics });
      print(`database  ${database_url}`);
      print(`kafka     ${kafka_brokers}`);
      for (const url of metrics) print(`metrics   ${url}`);
    });
}
