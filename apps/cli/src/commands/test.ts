import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { findCases } from '../behaviour/find-cases.js';
import { type CaseResult, runCases } from '../behaviour/run-cases.js';
import { type OutputOptions, print, printJson } from '../output.js';
import { withServices } from '../run/with-services.js';
import { DEFAULT_SCALE } from '../scale.js';
import { plural } from '../screen/format.js';
import { TerminalScreen } from '../screen/terminal-screen.js';
import { untilSignal } from '../signals.js';
import { wholeNumber } from '../whole-number.js';

type Options = OutputOptions & { update?: boolean; patience: number };

export function testCommand(): Command {
  return new Command('test')
    .description(
      'run folders of input, config and expected rows, rejects and gold through the real services, and compare',
    )
    .argument('<dir>', 'a case (dataset.yaml, input/, expected/), or a directory with cases below it')
    .option('--update', 'write what came out as what is expected: look at it before you keep it')
    .option('--patience <seconds>', 'give a case up when nothing moves for this long', wholeNumber, 120)
    .option('--json', 'print JSON')
    .action(runTests);
}

/** On servers of their own, in a directory that is gone afterwards: nothing of what the user has is touched. */
async function runTests(path: string, { update, patience, json }: Options): Promise<void> {
  const cases = findCases(path);
  const home = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  const ending = new AbortController();
  void untilSignal().then(() => ending.abort());
  const results: CaseResult[] = [];
  try {
    const screen = new TerminalScreen();
    const quiet = Object.assign(screen, { note: (text: string) => process.stderr.write(`${text}\n`) });
    const options = {
      home,
      scale: DEFAULT_SCALE,
      screen: quiet,
      signal: ending.signal,
      plans: cases.map(({ plan }) => plan),
    };
    await withServices(options, (servers) =>
      runCases(
        cases,
        { servers, update: update ?? false, patience_ms: patience * 1000, signal: ending.signal },
        (result) => {
          results.push(result);
          if (!json) show(result, update ?? false);
        },
      ),
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  const failed = results.filter(({ passed }) => !passed).length;
  process.exitCode = failed === 0 ? 0 : 1;
  if (json) return printJson({ passed: results.length - failed, failed, cases: results });
  print(`${plural(results.length - failed, 'case')} passed, ${failed} failed`);
}

function show({ name, passed, files, differences, failure }: CaseResult, update: boolean): void {
  print(
    `${passed ? pc.green('passed') : pc.red('FAILED')}  ${name}  ${plural(files, 'file')} ${update ? 'written' : 'compared'}`,
  );
  if (failure) print(`        ${failure}`);
  for (const { file, missing, unexpected } of differences) {
    print(`        ${file}`);
    for (const line of missing) print(pc.red(`        - ${line.trimEnd()}`));
    for (const line of unexpected) print(pc.green(`        + ${line.trimEnd()}`));
  }
}
