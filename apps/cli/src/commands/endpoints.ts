import { Command } from 'commander';
import { resolveEndpoints, shownDatabaseUrl } from '../endpoints.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { millraceHome } from '../project.js';

export function endpointsCommand(): Command {
  return new Command('endpoints')
    .description('where the database, the broker, the HTTP API and the metrics are')
    .option('--json', 'print JSON')
    .option('--show-secrets', "also the password of a database that is not Millrace's own")
    .action(({ json, showSecrets }: OutputOptions & { showSecrets?: boolean }) => {
      const endpoints = resolveEndpoints(millraceHome());
      const { kafka_brokers, metrics, ingest } = endpoints;
      const database_url = showSecrets ? endpoints.database_url : shownDatabaseUrl(endpoints);
      if (json) return printJson({ database_url, kafka_brokers, metrics, ingest });
      print(`database  ${database_url}`);
      print(`kafka     ${kafka_brokers}`);
      for (const { rows_url, docs_url } of ingest) {
        print(`ingest    ${rows_url}`);
        print(`docs      ${docs_url}`);
      }
      for (const url of metrics) print(`metrics   ${url}`);
    });
}
