import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LiveAnswer } from '@millrace/testkit';

/** Where the answer key of a producer goes when nobody says otherwise. */
export function answerPath(home: string, now = new Date()): string {
  return join(home, 'produce', `${now.toISOString().replaceAll(':', '-')}.answer.json`);
}

export function writeAnswer(path: string, answer: LiveAnswer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(answer)}\n`);
}

export function readAnswer(path: string): LiveAnswer {
  return JSON.parse(readFileSync(path, 'utf8')) as LiveAnswer;
}
