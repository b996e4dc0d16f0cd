import { readFileSync } from 'node:fs';
import http from 'node:http';
import { Tensor } from 'onnxruntime-node';
import { createSession } from '../../src/platform/onnx/session.js';
import { readBody, sendForecast, tensorsOf } from './bare-request.js';
import { announce } from './announce.js';

// What most people begin with: `node:http`, and the model run where the request is read. Arguments: the model's file.

const session = await createSession(readFileSync(process.argv[2]!));
const server = http.createServer((request, response) => {
  void (async () => {
    const { time, columns } = tensorsOf(await readBody(request));
    const { forecast } = await session.run({
      time: new Tensor('int64', time.data, time.shape),
      columns: new Tensor('float64', columns.data, columns.shape),
    });
    sendForecast(response, forecast!.dims, forecast!.data as Float64Array);
  })();
});
announce(server);
