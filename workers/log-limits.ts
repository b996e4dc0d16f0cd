/** How much of what an attempt says is kept. People read the rest nowhere, and nothing may flood the database. */
export const logLimits = {
  /** Lines of an attempt. */
  lines: 10_000,
  /** Lines a second of what its process prints. */
  printedPerSecond: 1_000,
  /** Events that wait to be written while the database is away; those of a whole attempt, as a rule. */
  waiting: 12_000,
  /** UTF-16 units of all that waits. */
  waitingLength: 4 * 1024 * 1024,
};
