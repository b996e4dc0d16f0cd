import { addresses } from './demo/next-steps.js';
import { runStack, untilStopped } from './run-stack.js';
import { say } from './terminal.js';

// `npm start`: everything on this machine, until Ctrl-C.

await runStack(async ({ url, home }, stopping) => {
  say(`\n${addresses(url)}\n  data and logs ${home}\n\nCtrl-C stops everything.`);
  await untilStopped(stopping);
});
