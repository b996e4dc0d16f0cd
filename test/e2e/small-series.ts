/**
 * A series that a small net learns in seconds and that repeating the last value does not forecast well: a wave of
 * twelve rows, and a second column that runs ahead of it.
 */
export function smallSeries(rows = 300): string {
  const lines = ['time,level,lead'];
  for (let row = 0; row < rows; row++) {
    const time = new Date(Date.UTC(2024, 0, 1) + row * 600_000).toISOString();
    const wave = (ahead: number) => 50 + 10 * Math.sin((2 * Math.PI * (row + ahead)) / 12);
    // A little noise, the same each time: no model is perfect.
    const noise = ((row * 7919) % 101) / 101 - 0.5;
    lines.push(`${time},${(wave(0) + noise).toFixed(4)},${(wave(2) - noise).toFixed(4)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A tiny net and few epochs: the smallest run that still beats NAIVE and is promoted. */
export const smallRun = {
  dataset_name: 'small',
  targets: 'level',
  hidden_size: 8,
  num_layers: 1,
  batch_size: 16,
  epochs: 6,
  learning_rate: 0.02,
  input_seq_len: 6,
  time_features_enable: false,
  inference_length: 12,
};
