import { describe, expect, it } from 'vitest';
import { combine, type FittedProphet, seasonalAt, trendAt } from '../../src/ml/prophet/fitted-prophet.js';
import type { ProphetSettings } from '../../src/ml/prophet/stan-data.js';
import { fitProphet } from './fit-prophet.js';

const hour = 3_600_000;
const time = Float64Array.from({ length: 24 * 10 }, (_, row) => Date.UTC(2024, 0, 1) + row * hour);
const dayShare = (ms: number) => (2 * Math.PI * ms) / (24 * hour);
/** A line with a daily wave and a little regular noise. */
const additive = time.map((ms, row) => 100 + row / 10 + 8 * Math.sin(dayShare(ms)) + Math.sin(row * row) / 5);
const multiplicative = time.map((ms, row) => (100 + row / 2) * (1 + 0.3 * Math.sin(dayShare(ms))));

const settings: ProphetSettings = {
  growth: 'linear',
  mode: 'additive',
  nChangepoints: 5,
  changepointRange: 0.8,
  changepointPriorScale: 0.05,
  seasonalityPriorScale: 10,
  seasonalities: [{ name: 'daily', period: 1, order: 4 }],
};

/** Root mean squared error of the model's own history. */
function misfit(model: FittedProphet, truth: Float64Array): number {
  const square = truth.reduce((sum, value, row) => {
    const seconds = time[row]! / 1000;
    const trend = trendAt(model, (seconds - model.start) / model.span);
    return sum + (combine(model, trend, seasonalAt(model, seconds)) - value) ** 2;
  }, 0);
  return Math.sqrt(square / truth.length);
}

describe('fitProphet', () => {
  it('finds the line and the wave that a series is made of, and how far rows scatter around them', () => {
    const model = fitProphet(time, additive, settings, 1);
    expect(misfit(model, additive)).toBeLessThan(0.2);
    expect(model.sigma * model.yScale).toBeGreaterThan(0.1);
    expect(model.sigma * model.yScale).toBeLessThan(0.2);
  });

  it('finds a wave that grows with the line', () => {
    const model = fitProphet(time, multiplicative, { ...settings, mode: 'multiplicative' }, 1);
    expect(misfit(model, multiplicative)).toBeLessThan(0.5);
    expect(misfit(fitProphet(time, multiplicative, settings, 1), multiplicative)).toBeGreaterThan(3);
  });

  it('finds the mean where the trend is to be flat', () => {
    const wave = time.map((ms) => 5 + Math.sin(dayShare(ms)));
    const model = fitProphet(time, wave, { ...settings, growth: 'flat' }, 1);
    expect(model.m * model.yScale).toBeCloseTo(5, 1);
    expect(misfit(model, wave)).toBeLessThan(0.05);
  });

  it.each([0, 1, 5, 25])(
    'takes a series without noise, which has no optimum (%i change points)',
    (nChangepoints) => {
      const line = time.map((_, row) => 100 - row / 10);
      const model = fitProphet(time, line, { ...settings, nChangepoints }, 1);
      expect(misfit(model, line)).toBeLessThan(0.1);
    },
  );

  it('takes a series whose trend does not bend, where the prior has its kink', () => {
    const steady = additive.subarray(0, 48);
    const model = fitProphet(time.subarray(0, 48), steady, { ...settings, nChangepoints: 0 }, 1);
    expect(misfit(model, steady)).toBeLessThan(0.2);
  });

  it('takes a short series that it can hardly describe', () => {
    const wave = time.subarray(0, 30).map((ms) => Math.sin(dayShare(ms)));
    const model = fitProphet(
      time.subarray(0, 30),
      wave,
      { ...settings, nChangepoints: 25, seasonalities: [] },
      1,
    );
    expect(misfit(model, wave)).toBeLessThan(1);
  });

  it('needs no seasonality', () => {
    const line = time.map((_, row) => 3 * row);
    const model = fitProphet(time, line, { ...settings, seasonalities: [] }, 1);
    expect(misfit(model, line)).toBeLessThan(3);
  });

  it('finds the same numbers again', () => {
    const [first, second] = [0, 0].map(() => fitProphet(time, additive, settings, 1));
    expect(first).toEqual(second);
  });

  it('says so when no optimiser comes to an end', () => {
    const broken = additive.map((value, row) => (row === 7 ? Number.NaN : value));
    expect(() => fitProphet(time, broken, settings, 1)).toThrow(
      expect.objectContaining({
        code: 'invalid_data',
        message: expect.stringContaining('optimiser gave up'),
      }),
    );
  });
});
