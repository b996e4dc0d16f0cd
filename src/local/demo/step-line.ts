import { paint } from '../terminal.js';
import type { DemoStep } from './demo-run.js';

const barWidth = 24;

/** A step as one line: a bar while it runs, and what it is at. */
export function stepLine({
  name,
  state,
  progress,
  started_at,
  ended_at,
  cached_from_run_id,
  error,
  state_history,
}: DemoStep): string {
  const label = name.padEnd(14);
  switch (state) {
    case 'SUCCEEDED':
      return `${paint('green', '✔')} ${label} ${
        cached_from_run_id === null
          ? seconds(started_at, ended_at)
          : `reused from run ${cached_from_run_id}, which had the same inputs`
      }`;
    case 'FAILED':
      return `${paint('red', '✘')} ${label} ${error?.message ?? ''}`;
    case 'SKIPPED':
    case 'CANCELED':
      return `${paint('yellow', '–')} ${label} ${state.toLowerCase()}: ${state_history.at(-1)?.reason ?? ''}`;
    case 'RUNNING':
      return `${paint('cyan', '●')} ${label} ${bar(progress?.fraction ?? 0)} ${detail(progress)}`;
    default:
      return `${paint('dim', '·')} ${label} ${paint('dim', state === 'QUEUED' ? 'queued' : 'waiting')}`;
  }
}

/** Epoch, loss, speed and time left, as far as the step knows them. */
export function detail(progress: DemoStep['progress']): string {
  if (!progress) return '';
  const { message, loss, windows_per_second, seconds_left } = progress;
  return [
    message,
    loss === null || loss === undefined ? '' : `loss ${loss.toPrecision(3)}`,
    windows_per_second === undefined ? '' : `${windows_per_second.toLocaleString('en')} windows/s`,
    seconds_left === undefined ? '' : `${seconds_left} s left`,
  ]
    .filter(Boolean)
    .join('  ');
}

function bar(fraction: number): string {
  const full = Math.round(fraction * barWidth);
  return `${'█'.repeat(full)}${paint('dim', '░'.repeat(barWidth - full))} ${String(Math.round(fraction * 100)).padStart(3)} %`;
}

function seconds(from: string | null, to: string | null): string {
  if (from === null || to === null) return '';
  return `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`;
}
