import { MillraceError } from '@millrace/contracts';
import type { z } from 'zod';
import { checkConfig } from './check.js';
import type { Fault } from './fault.js';
import { readToml } from './read-toml.js';
import { readYaml } from './read-yaml.js';
import { type DatasetConfig, datasetSchema } from './schema.js';

/** A config's text as values, and where in the text they stand. */
export interface ReadText {
  values: unknown;
  /** Where the value of a path begins; of a field that is missing, where its owner begins. */
  placeOf(path: PropertyKey[]): Place;
}

/** Counted from 1. */
export interface Place {
  line: number;
  col: number;
}

/** What a reader throws on text that is no YAML or TOML at all. */
export class SyntaxFault extends Error {
  constructor(readonly faults: (Place & { message: string })[]) {
    super(faults[0].message);
  }
}

/**
 * A config's text as a checked config: TOML when the file is named so, else YAML.
 * @param file for messages, too @throws MillraceError CONFIG_INVALID with `file:line:column` of every fault
 */
export function parseConfig(text: string, file: string): DatasetConfig {
  const read = readText(text, file);
  const parsed = datasetSchema.safeParse(read.values);
  const faults = parsed.success ? checkConfig(parsed.data) : parsed.error.issues.flatMap(faultsOf);
  if (faults.length > 0) {
    refuse(
      file,
      faults.map((fault) => ({ ...read.placeOf(fault.path), message: describe(fault) })),
    );
  }
  return parsed.data!;
}

function readText(text: string, file: string): ReadText {
  try {
    return /\.toml$/i.test(file) ? readToml(text) : readYaml(text);
  } catch (error) {
    if (error instanceof SyntaxFault) refuse(file, error.faults);
    throw error;
  }
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'no such field here: remove it' }));
  }
  if (issue.code === 'invalid_value') {
    return [{ path: issue.path, message: `write ${issue.values.map(String).join(' or ')}` }];
  }
  if (issue.code === 'invalid_type') return [{ path: issue.path, message: `write a value of type ${issue.expected}` }];
  if (issue.code === 'invalid_union') return faultsOfUnion(issue);
  return [{ path: issue.path, message: issue.message }];
}

/** What is wrong deep within one of the choices tells more than that none fits. */
function faultsOfUnion(issue: z.core.$ZodIssueInvalidUnion): Fault[] {
  const deeper = issue.errors.find(
    (choice) => choice.length > 0 && choice.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  if (!deeper) return [{ path: issue.path, message: issue.message }];
  return deeper.flatMap((inner) => faultsOf({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue));
}

function describe(fault: Fault): string {
  const path = fault.path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    '',
  );
  return path ? `${path}: ${fault.message}` : fault.message;
}

function refuse(file: string, faults: (Place & { message: string })[]): never {
  const lines = faults.map(({ line, col, message }) => `${file}:${line}:${col}: ${message}`);
  throw new MillraceError('CONFIG_INVALID', lines.join('\n'), { place: { file, line: faults[0].line } });
}
