import fc from 'fast-check';
import { it } from 'vitest';
import { testDatabase } from '../../database.js';
import { newRun } from '../../factories/run.js';
import { DrivenRun } from './model/driven-run.js';
import { program } from './model/program.js';

const { db } = await testDatabase();

/**
 * Workers, operators and the reconciler do whatever they like, up to four things at once, to a real run. After every
 * round its rows must be what some order of these things leaves behind in the model, and hold the invariants.
 *
 * The programs are the same in every run of the suite; the order in which PostgreSQL takes what is done at once is not.
 */
it(
  'does to a run what the model does, in some order, whatever is done at once',
  { timeout: 60_000 },
  async () => {
    let runs = 0;
    const property = fc.asyncProperty(program, async ({ beginning, rounds }) => {
      const run = await newRun(db, { identifier: `model-${++runs}` });
      const driven = new DrivenRun(db, run);
      try {
        await driven.begin(beginning);
        for (const round of rounds) await driven.round(round);
      } finally {
        await driven.abandon();
      }
    });
    await fc.assert(property, { seed: 20_261_121, numRuns: 100, interruptAfterTimeLimit: 25_000 });
  },
);
