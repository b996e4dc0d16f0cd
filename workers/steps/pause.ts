import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../src/contracts/app-error.js';
import type { Step } from '../step.js';

const ticks = 10;

/** Waits, and fails when it is told to. */
export const pause: Step<'pause'> = async ({ milliseconds, failures, attempt }, { progress, log }) => {
  if (attempt <= failures) throw new AppError('internal', `told to fail attempt ${attempt} of ${failures}`);
  if (milliseconds === 0) return { waited: 0 };
  log(`waiting for ${milliseconds} ms`);
  for (let tick = 1; tick <= ticks; tick++) {
    await delay(milliseconds / ticks);
    progress({ fraction: tick / ticks, message: `waited ${Math.round((milliseconds * tick) / ticks)} ms` });
  }
  return { waited: milliseconds };
};
