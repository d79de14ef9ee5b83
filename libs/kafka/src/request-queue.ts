import { createRequire } from 'node:module';

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

const prototype: RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue').prototype;
const schedule = prototype.scheduleCheckPendingRequests;

/**
 * kafkajs 2.2.4 sets a timer after every response, with a negative delay when nothing waits: newer Nodes warn of each
 * process's first one (TimeoutNegativeWarning), and the timer does nothing. With an empty queue there is nothing to check,
 * and whoever queues a request schedules the check itself.
 */
prototype.scheduleCheckPendingRequests = function scheduleWhenPending(this: RequestQueue): void {
  if (this.pending.length > 0) schedule.call(this);
};
