export { SERVICE_VARIABLES, type ServiceEnvironment } from './environment.js';
export { runService, type ServiceLife } from './run-service.js';
export { runStage } from './run-stage.js';
export { ENVIRONMENT, KAFKA, PLANS, type Plans, type ServiceContext } from './service.module.js';
export * from './stage.js';
export { StageServer, type StageServerOptions } from './stage-server.js';
