import { Command, CommanderError } from 'commander';
import { errorBlock, exitCodeOfError } from './failure.js';

/** In the order of the help. Only the command that is asked for is loaded: `validate` needs no database driver. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  up: async () => (await import('./commands/up.js')).upCommand(),
  down: async () => (await import('./commands/down.js')).downCommand(),
  status: async () => (await import('./commands/status.js')).statusCommand(),
  endpoints: async () => (await import('./commands/endpoints.js')).endpointsCommand(),
  run: async () => (await import('./commands/run.js')).runCommand(),
  watch: async () => (await import('./commands/watch.js')).watchCommand(),
  unwatch: async () => (await import('./commands/watch.js')).unwatchCommand(),
  watches: async () => (await import('./commands/watch.js')).watchesCommand(),
  produce: async () => (await import('./commands/produce.js')).produceCommand(),
  demo: async () => (await import('./commands/demo.js')).demoCommand(),
  generate: async () => (await import('./commands/generate.js')).generateCommand(),
  books: async () => (await import('./commands/books.js')).booksCommand(),
  rejects: async () => (await import('./commands/rejects.js')).rejectsCommand(),
  report: async () => (await import('./commands/report.js')).reportCommand(),
  sql: async () => (await import('./commands/sql.js')).sqlCommand(),
  peek: async () => (await import('./commands/peek.js')).peekCommand(),
  init: async () => (await import('./commands/init.js')).initCommand(),
  validate: async () => (await import('./commands/validate.js')).validateCommand(),
  plan: async () => (await import('./commands/plan.js')).planCommand(),
  schema: async () => (await import('./commands/schema.js')).schemaCommand(),
  outliers: async () => (await import('./commands/outliers.js')).outliersCommand(),
  test: async () => (await import('./commands/test.js')).testCommand(),
  consistency: async () => (await import('./commands/consistency.js')).consistencyCommand(),
  checkpoints: async () => (await import('./commands/checkpoints.js')).checkpointsCommand(),
  pause: async () => (await import('./commands/pause.js')).pauseCommand(),
  resume: async () => (await import('./commands/pause.js')).resumeCommand(),
  migrate: async () => (await import('./commands/migrate.js')).migrateCommand(),
  keys: async () => (await import('./commands/keys.js')).keysCommand(),
  start: async () => (await import('./commands/start.js')).startCommand(),
  reset: async () => (await import('./commands/reset.js')).resetCommand(),
};

const USAGE_EXIT_CODE = 3;

async function main(asked: string | undefined): Promise<void> {
  const program = new Command('millrace')
    .description('Dirty files in, exact PostgreSQL tables and aggregates out.')
    .addHelpText('after', '\nExit codes: 0 clean, 2 more rejects than allowed, 3 bad configuration, 1 anything else.');
  const names = asked !== undefined && Object.hasOwn(COMMANDS, asked) ? [asked] : Object.keys(COMMANDS);
  for (const name of names) program.addCommand(await COMMANDS[name]());
  for (const command of [program, ...program.commands.flatMap((first) => [first, ...first.commands])]) {
    command.exitOverride().showHelpAfterError('(--help shows what there is)');
  }
  try {
    await program.parseAsync();
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    // Commander has printed it. Help is no error.
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
    return;
  }
  process.stderr.write(errorBlock(error));
  process.exitCode = exitCodeOfError(error);
}

// Nobody reads any more (`| head`): end in good order, as at Ctrl-C.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.kill(process.pid, 'SIGTERM');
});

await main(process.argv[2]);
