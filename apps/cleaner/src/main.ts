import { runStage } from '@millrace/stage';
import { CleanerFlow } from './cleaner.flow.js';
import { CleanerModule } from './cleaner.module.js';

await runStage(CleanerModule, { service: 'cleaner', reads: ['bronze'], flow: CleanerFlow, canDoWithoutDatabase: true });
