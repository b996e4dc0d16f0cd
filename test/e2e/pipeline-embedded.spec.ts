import { describePipeline } from './describe-pipeline.js';
import { testStack } from './stack.js';

const stack = await testStack();
await stack.startWorker();

describePipeline('files and a queue in PostgreSQL', stack);
