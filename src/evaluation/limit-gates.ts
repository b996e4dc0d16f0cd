import type { Gate } from '../contracts/gate.js';
import type { GatePolicy } from '../contracts/gate-policy.js';
import type { ForecastMetrics } from '../contracts/metrics.js';

/** What is known of a model without running it; null where it is not known. */
export interface ModelFacts {
  metrics: Partial<ForecastMetrics> & { score: number | null };
  /** Rows that it was trained on. */
  trainRows: number | null;
  /** Bytes of its file. */
  size: number;
}

/** The gates of a policy that compare a number of the model with a limit. */
export function limitGates({ metrics, trainRows, size }: ModelFacts, policy: GatePolicy): Gate[] {
  const { limits, min_train_rows, min_windows, max_size_bytes } = policy;
  const most = Object.entries(limits).flatMap(([name, limit]) =>
    limit === null ? [] : [{ name, value: metrics[name as keyof typeof limits] ?? null, limit }],
  );
  const least = [
    { name: 'train_rows', value: trainRows, limit: min_train_rows },
    { name: 'windows', value: metrics.windows ?? null, limit: min_windows },
  ].flatMap(({ limit, ...rest }) => (limit === null ? [] : [{ ...rest, limit }]));
  return [
    ...gateOf('within_limits', most, (value, limit) => value <= limit, 'at most'),
    ...gateOf('enough_rows', least, (value, limit) => value >= limit, 'at least'),
    ...gateOf(
      'small_enough',
      max_size_bytes === null ? [] : [{ name: 'size_bytes', value: size, limit: max_size_bytes }],
      (value, limit) => value <= limit,
      'at most',
    ),
  ];
}

interface Limited {
  name: string;
  value: number | null;
  limit: number;
}

/** No gate without a limit. A number that is not known keeps none. */
function gateOf(
  name: Gate['name'],
  limited: readonly Limited[],
  keeps: (value: number, limit: number) => boolean,
  bound: string,
): Gate[] {
  if (limited.length === 0) return [];
  const broken = limited.filter(({ value, limit }) => value === null || !keeps(value, limit));
  const message = (broken.length > 0 ? broken : limited)
    .map((each) => `${each.name} is ${each.value ?? 'not known'} and may be ${each.limit} ${bound}`)
    .join('; ');
  const inputs = Object.fromEntries(
    limited.flatMap((each) => [
      [each.name, each.value],
      [`${each.name}_limit`, each.limit],
    ]),
  );
  return [{ name, verdict: broken.length > 0 ? 'failed' : 'passed', inputs, message }];
}
