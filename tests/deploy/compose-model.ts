import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');

export interface ComposeService {
  image: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string | number>;
  user?: string;
  restart?: string;
  profiles?: string[];
  ports?: string[];
  volumes?: string[];
  tmpfs?: string[];
  secrets?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  mem_limit?: string;
  stop_grace_period?: string;
  healthcheck?: { test?: string[]; disable?: boolean };
  depends_on?: Record<string, { condition: string; required?: boolean }>;
}

export interface Compose {
  name: string;
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
}

/** docker-compose.yml as Compose sees it: variables put in (from `environment`, else their defaults), merge keys resolved. */
export function readCompose(environment: Record<string, string> = {}): Compose {
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
  return parse(interpolate(text, environment), { merge: true });
}

function interpolate(text: string, environment: Record<string, string>): string {
  return text.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, name: string, fallback: string | undefined) => {
    const value = environment[name] || fallback;
    if (value === undefined) throw new Error(`docker-compose.yml: ${name} has no default`);
    return value;
  });
}

/** An --env-file. */
export function readEnvFile(path: string): Record<string, string> {
  const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
  return Object.fromEntries(
    lines.filter((line) => /^\w+=/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
}

/** `896m`, `2g`, `512Mi` in bytes. */
export function bytesOf(size: string): number {
  const [, number, unit] = /^(\d+)([kmg])i?b?$/i.exec(size) ?? [];
  if (!unit) throw new Error(`${size} is no size`);
  return Number(number) * 1024 ** ('kmg'.indexOf(unit.toLowerCase()) + 1);
}
