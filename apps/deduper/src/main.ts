import { runStage } from '@millrace/stage';
import { DeduperFlow } from './deduper.flow.js';
import { DeduperModule } from './deduper.module.js';

await runStage(DeduperModule, { service: 'deduper', reads: ['silver'], flow: DeduperFlow, canDoWithoutDatabase: true });
