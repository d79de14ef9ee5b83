export { readServiceEnvironment, SERVICE_VARIABLES, type ServiceEnvironment } from './environment.js';
export { type PlanReader, PlanRegistry, type RegisteredPlan } from './plan-registry.js';
export { addPlan, currentPlan, currentPlans, type Plans } from './plans.js';
export { runService, type ServiceLife } from './run-service.js';
export { runStage } from './run-stage.js';
export { ENVIRONMENT, KAFKA, PLANS, REGISTRY, type ServiceContext } from './service.module.js';
export * from './stage.js';
export { StageServer, type StageServerOptions } from './stage-server.js';
