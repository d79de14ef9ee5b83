import { Module } from '@nestjs/common';
import { IngestHttpModule } from './http/ingest-http.module.js';
import { InboxService } from './inbox/inbox.service.js';
import { IngestorService } from './ingestor.service.js';

@Module({ imports: [IngestHttpModule], providers: [IngestorService, InboxService] })
export class IngestorModule {}
