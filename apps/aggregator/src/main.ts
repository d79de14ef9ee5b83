import { runStage } from '@millrace/stage';
import { AggregatorFlow } from './aggregator.flow.js';
import { AggregatorModule } from './aggregator.module.js';

await runStage(AggregatorModule, { service: 'aggregator', reads: ['screened', 'rejects'], flow: AggregatorFlow });
