import { createServer } from 'node:net';
import { AppError } from '../contracts/app-error.js';

/**
 * A TCP port on the loopback address that was free a moment ago. Nothing holds it until the caller listens, so
 * whoever hands it to another program must be ready to ask again.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new AppError('internal', 'The loopback address gave no port.'));
      });
    });
  });
}
