export * from './begin-counters.js';
export * from './environment.js';
export { createFaultPoint, faultPoint, parseFaults } from './fault-point.js';
export * from './logger.js';
export * from './metrics.js';
export * from './readiness.js';
export * from './telemetry.module.js';
export { type TlsRefusal, tlsProblems, tlsRefusal } from './tls.js';
