import { createPostgresBackend, Queue } from 'bullmq';
import { afterAll } from 'vitest';
import { stepKinds } from '../src/contracts/states.js';
import { postgresConnection, queueName } from '../src/platform/queue/queue-settings.js';

/** The queues in PostgreSQL as BullMQ shows them, to look at and to empty; closed when the spec file is done. */
export function bullQueues(databaseUrl: string) {
  const queues = stepKinds.map(
    (kind) =>
      new Queue(queueName(kind), { connection: postgresConnection(databaseUrl) }, createPostgresBackend),
  );
  afterAll(() => Promise.all(queues.map((queue) => queue.close())));
  return queues;
}

/** As if somebody had emptied them: jobs that wait, that are worked on, all. */
export async function emptyQueues(queues: ReturnType<typeof bullQueues>): Promise<void> {
  await Promise.all(queues.map((queue) => queue.obliterate({ force: true })));
}
