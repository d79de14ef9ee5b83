import { runService } from '@millrace/stage';
import { IngestorModule } from './ingestor.module.js';
import { IngestorService } from './ingestor.service.js';

await runService('ingestor', IngestorModule, {
  start: (app, _context, fail) => app.get(IngestorService, { strict: false }).start(fail),
  stop: (app) => app.get(IngestorService, { strict: false }).stop(),
});
