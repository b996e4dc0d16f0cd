import type http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on a free port of this machine, tells it to the process that forked this one, and answers what it takes. */
export function announce(server: http.Server): void {
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
