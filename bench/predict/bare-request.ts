import type http from 'node:http';

/** What the bare servers take: an infer request of the protocol, not checked at all. */
export interface BareRequest {
  inputs: { name: string; shape: number[]; data: number[] }[];
}

/** A request's body, parsed. */
export async function readBody(request: http.IncomingMessage): Promise<BareRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as BareRequest;
}

export function tensorsOf({ inputs }: BareRequest) {
  const named = (name: string) => inputs.find((input) => input.name === name)!;
  const [time, columns] = [named('time'), named('columns')];
  return {
    time: { shape: time.shape, data: BigInt64Array.from(time.data, BigInt) },
    columns: { shape: columns.shape, data: Float64Array.from(columns.data) },
  };
}

export function sendForecast(
  response: http.ServerResponse,
  shape: readonly number[],
  data: Float64Array,
): void {
  const outputs = [{ name: 'forecast', datatype: 'FP64', shape, data: Array.from(data) }];
  const text = JSON.stringify({ model_name: 'bare', model_version: '1', outputs });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length }).end(text);
}
