import { Module } from '@nestjs/common';
import { CleanerFlow } from './cleaner.flow.js';

@Module({ providers: [CleanerFlow] })
export class CleanerModule {}
