import { readFileSync } from 'node:fs';
import http from 'node:http';
import { ModelManifest } from '../../src/contracts/model-manifest.js';
import { ServedSession } from '../../src/platform/onnx/served-session.js';
import { threadHost } from '../../src/platform/onnx/thread-host.js';
import { announce } from './announce.js';
import { readBody, sendForecast, tensorsOf } from './bare-request.js';

// `node:http` without any framework or check, before the gateway's own serving thread and batches: what is lost on the
// way to it. Arguments: the files of the model and its manifest.

const [, , modelFile, manifestFile] = process.argv;
const model = readFileSync(modelFile!);
const manifest = ModelManifest.parse(JSON.parse(readFileSync(manifestFile!, 'utf8')));
const observer = { run: () => {}, batch: () => {}, restart: () => {} };
const session = await ServedSession.load(threadHost({ model, manifest }), { maxRows: 64, observer });
const server = http.createServer((request, response) => {
  void (async () => {
    const { time, columns } = tensorsOf(await readBody(request));
    const [forecast] = await session.run({ inputs: [time, columns], rows: 1, deadline: Infinity });
    sendForecast(response, forecast!.shape, forecast!.data as Float64Array);
  })();
});
announce(server);
