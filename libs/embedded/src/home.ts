import { join } from 'node:path';

/** Where everything of the embedded servers lies. `home` is an absolute path without symbolic links. */
export interface HomePaths {
  home: string;
  lock: string;
  owner: string;
  ports: string;
  logs: string;
  kafka: string;
  kafka_data: string;
  postgres: string;
  postgres_data: string;
  password: string;
}

export function homePaths(home: string): HomePaths {
  return {
    home,
    lock: join(home, 'lock'),
    owner: join(home, 'lock.json'),
    ports: join(home, 'ports.json'),
    logs: join(home, 'logs'),
    kafka: join(home, 'kafka'),
    kafka_data: join(home, 'kafka', 'data'),
    postgres: join(home, 'postgres'),
    postgres_data: join(home, 'postgres', 'data'),
    password: join(home, 'postgres', 'password'),
  };
}

/** Stands among the arguments of each server: by it a process is known to be ours, whatever its pid. */
export function homeMarks(home: string): { kafka: string; postgres: string } {
  return { kafka: `-Dmillrace.home=${home}`, postgres: `millrace.home=${home}` };
}
