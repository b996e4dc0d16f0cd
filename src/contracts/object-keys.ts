/** The buckets that are made at start. */
export const buckets = {
  dataset: 'dataset',
  processed: 'processed-data',
  mlflow: 'mlflow',
  promotion: 'model-promotion',
  inference: 'inference-logs',
  /** Content-addressed artifacts: the bytes behind every readable path. */
  artifacts: 'kfp-artifacts',
} as const;

/** What lies in these shows rows of ours, or is named by them: others read it, and nobody else writes it. */
export const ownBuckets: ReadonlySet<string> = new Set([
  buckets.processed,
  buckets.mlflow,
  buckets.promotion,
  buckets.inference,
  buckets.artifacts,
]);

/** The folder of a preprocessing configuration's results. */
export function processedKey(identifier: string, configHash: string, file: string): string {
  return `${identifier}/${configHash}/${file}`;
}

/** The file of a tracked run's artifact folder, in the bucket mlflow. */
export function trackedFileKey(experimentId: number, runId: string, path: string): string {
  return `${experimentId}/${runId}/artifacts/${path}`;
}

/** Pointers and history in the bucket model-promotion. */
export const promotionKeys = {
  root: () => 'current.json',
  identifier: (identifier: string) => `${identifier}/current.json`,
  config: (identifier: string, configHash: string) => `${identifier}/${configHash}/current.json`,
  history: (identifier: string, configHash: string, timestamp: string) =>
    `${identifier}/${configHash}/promotion-${timestamp.replaceAll(':', '-')}.json`,
};

/** @param day UTC, `20180228` */
export function resultsKey(identifier: string, day: string): string {
  return `${identifier}/${day}/results.jsonl`;
}
