import { z } from 'zod';

/** What may name a request: it goes into logs, headers and the audit log. */
export const requestIdForm = /^[\w.:-]{1,100}$/;

export const RequestId = z
  .string()
  .regex(requestIdForm, 'must be 1 to 100 letters, digits, "_", ".", ":" or "-"')
  .meta({ examples: ['0f8fad5b-d9cb-469f-a165-70867728950e'] });
