import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANSWER_FILE } from '../generate-sales.js';
import type { ReadyMadeAnswer } from './table-answer.js';

/** Removes what an earlier run left: a stale file beside new ones would make the answer wrong. */
export function removeEarlierRun(directory: string, files: RegExp): void {
  if (!existsSync(join(directory, ANSWER_FILE))) return;
  for (const name of readdirSync(directory)) if (files.test(name)) rmSync(join(directory, name));
  rmSync(join(directory, ANSWER_FILE));
}

export function writeAnswer(directory: string, answer: ReadyMadeAnswer): void {
  writeFileSync(join(directory, ANSWER_FILE), `${JSON.stringify(answer, null, 1)}\n`);
}

export function readAnswer(directory: string): ReadyMadeAnswer {
  return JSON.parse(readFileSync(join(directory, ANSWER_FILE), 'utf8')) as ReadyMadeAnswer;
}
