/** Where to go on. */
export function addresses(url: string): string {
  return [
    `  Swagger       ${url}/docs`,
    `  OpenAPI       ${url}/openapi.json`,
    `  health        ${url}/health/ready`,
    `  metrics       ${url}/metrics`,
  ].join('\n');
}

/** A command for each main call, with what this demonstration made. */
export function commands(
  url: string,
  { identifier, dataset, runId }: { identifier: string; dataset: string; runId: string },
): string {
  const body = JSON.stringify({
    pipeline: 'forecasting',
    parameters: { dataset_name: dataset, identifier, targets: 'temperature' },
  });
  return [
    '# upload a series of your own: CSV with a column "time" and numbers',
    `curl -T my-series.csv ${url}/objects/dataset/my-series.csv`,
    '# train, compare, promote',
    `curl ${url}/pipeline-runs -H 'content-type: application/json' -d '${body}'`,
    '# follow a run, or cancel it',
    `curl ${url}/pipeline-runs/${runId}`,
    `curl -X POST ${url}/pipeline-runs/<id>/cancel`,
    '# what is promoted, and what was before',
    `curl '${url}/promotions/current?identifier=${identifier}'`,
    `curl '${url}/promotions?identifier=${identifier}'`,
    '# what a prediction takes, with an example to send back',
    `curl '${url}/predict/schema?identifier=${identifier}'`,
    '# a prediction from that example',
    `curl -s '${url}/predict/schema?identifier=${identifier}' | node -e '` +
      `process.stdin.on("data",d=>s+=d).on("end",()=>console.log(JSON.stringify(JSON.parse(s).example)));let s=""' | ` +
      `curl ${url}/predict -H 'content-type: application/json' -d @-`,
  ].join('\n');
}
