import type { StepProgress } from '../../src/contracts/step-progress.js';
import type { FitListener } from './fit-recurrent.js';

const reportEveryMs = 200;

/** Turns what a training reports into progress: speed over all so far, and the time that is left at it. */
export function trainingProgress(epochs: number, report: (progress: StepProgress) => void): FitListener {
  const began = performance.now();
  let reported = -Infinity;
  let loss: number | null = null;
  return {
    onBatch(trained, total, epoch) {
      const now = performance.now();
      if (now - reported < reportEveryMs && trained < total) return;
      reported = now;
      const rate = trained / ((now - began) / 1000);
      report({
        fraction: trained / total,
        message: `epoch ${epoch}/${epochs}`,
        epoch,
        epochs,
        loss,
        windows_per_second: Math.round(rate),
        seconds_left: Math.round((total - trained) / rate),
      });
    },
    onEpoch({ trainLoss }) {
      loss = trainLoss;
      reported = -Infinity;
    },
  };
}
