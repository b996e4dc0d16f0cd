import { createServer } from 'node:net';
import { AppError } from '../contracts/app-error.js';
import { freePort } from './free-port.js';

/**
 * The port for the gateway: the one that was asked for, or else the usual one, or else a free one.
 * @throws AppError `conflict` when the one that was asked for is taken
 */
export async function choosePort(host: string, asked: number | undefined, usual: number): Promise<number> {
  if (asked === 0) return freePort();
  if (await isFree(host, asked ?? usual)) return asked ?? usual;
  if (asked === undefined) return freePort();
  throw new AppError(
    'conflict',
    `port ${asked} of ${host} is taken; set PORT to another one, or to 0 for any`,
  );
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
