import type { Logger } from './logger.js';

const nothing = () => {};

/** Says nothing, and needs no pino: for commands, where what goes wrong comes as an error. */
export const silentLogger = {
  ...{ level: 'silent', trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing },
  child: () => silentLogger,
} as unknown as Logger;
