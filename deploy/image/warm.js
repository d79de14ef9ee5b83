// Fills NODE_COMPILE_CACHE when the image is made: loads what the services and the commands consist of, and starts nothing.
// What a file of the image lacks, and what a production dependency lacks, ends the build here.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const PARTS_OF_SERVICES = /\.(module|flow|service)\.js$/;
const JAVASCRIPT = /\.js$/;

const services = ['ingestor', 'cleaner', 'deduper', 'aggregator'].map((name) => `apps/${name}/dist`);
const files = [
  ...services.flatMap((directory) => filesIn(directory, PARTS_OF_SERVICES)),
  ...filesIn('apps/cli/dist/commands', JAVASCRIPT),
];
for (const file of files) await import(join(process.cwd(), file));

function filesIn(directory, pattern) {
  return readdirSync(directory)
    .filter((name) => pattern.test(name))
    .map((name) => join(directory, name));
}
