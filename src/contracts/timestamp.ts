import { z } from 'zod';

/** A time in an answer: a Date from a row, which JSON writes as ISO 8601 in UTC. */
export const Timestamp = z.date().meta({ examples: ['2026-01-31T12:00:00.000Z'] });
