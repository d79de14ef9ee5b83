import { jsonSafe } from './screen/json-safe.js';

export interface OutputOptions {
  json?: boolean;
}

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, jsonSafe)}\n`);
}
