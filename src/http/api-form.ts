import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import { z } from 'zod';

const FieldMeta = z.object({
  description: z.string().optional(),
  format: z.literal('binary').optional(),
  examples: z.array(z.string()).default([]),
});

/** Documents the form that a handler takes: texts, and a file, which is a text of the format `binary`. */
export function ApiForm(form: z.ZodObject): MethodDecorator {
  const { required } = z.toJSONSchema(form, { io: 'input' });
  const fields = Object.entries(form.shape).map(([name, field]) => {
    const { examples, ...meta } = FieldMeta.parse(z.globalRegistry.get(field) ?? {});
    return [name, { type: 'string', ...meta, example: examples[0] }] as const;
  });
  return applyDecorators(
    ApiConsumes('multipart/form-data'),
    ApiBody({ schema: { type: 'object', properties: Object.fromEntries(fields), required } }),
  );
}
