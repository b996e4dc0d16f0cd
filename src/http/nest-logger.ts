import type { LoggerService } from '@nestjs/common';
import type { Logger } from '../platform/logger.js';

/** Nest's own lines in our log. What it says while it wires itself is of use to nobody who runs it. */
export function nestLogger(log: Logger): LoggerService {
  return {
    log: (message: unknown, context: unknown) => log.debug({ context }, String(message)),
    warn: (message: unknown, context: unknown) => log.warn({ context }, String(message)),
    error: (message: unknown, stack: unknown) => log.error({ stack }, String(message)),
    debug: (message: unknown, context: unknown) => log.trace({ context }, String(message)),
    verbose: (message: unknown, context: unknown) => log.trace({ context }, String(message)),
    fatal: (message: unknown, context: unknown) => log.fatal({ context }, String(message)),
  };
}
