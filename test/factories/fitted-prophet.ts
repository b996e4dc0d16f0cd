import type { FittedProphet } from '../../src/ml/prophet/fitted-prophet.js';

/** A model of 100 days of history from 2024-01-01 on, with a weekly season. */
export function fittedProphet(overrides: Partial<FittedProphet> = {}): FittedProphet {
  return {
    growth: 'linear',
    mode: 'additive',
    seasonalities: [{ name: 'weekly', period: 7, order: 3 }],
    start: Date.UTC(2024, 0, 1) / 1000,
    span: 100 * 86_400,
    yScale: 50,
    k: 0.2,
    m: 0.5,
    changepoints: [0.2, 0.4, 0.6, 0.8],
    delta: [0.1, -0.2, 0.3, -0.1],
    beta: [0.1, -0.05, 0.02, 0.03, -0.01, 0.04],
    sigma: 0.05,
    ...overrides,
  };
}
