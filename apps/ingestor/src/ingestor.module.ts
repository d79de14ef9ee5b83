import { Module } from '@nestjs/common';
import { IngestorService } from './ingestor.service.js';

@Module({ providers: [IngestorService] })
export class IngestorModule {}
