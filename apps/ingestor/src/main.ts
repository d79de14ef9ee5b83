import { runService } from '@millrace/stage';
import { IngestorModule } from './ingestor.module.js';
import { IngestorService } from './ingestor.service.js';

await runService('ingestor', IngestorModule, {
  takesRequests: true,
  start: (app, _context, fail) => app.get(IngestorService, { strict: false }).start(fail),
  stop: (app, within_ms) => app.get(IngestorService, { strict: false }).stop(within_ms),
});
