import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { version } from '../platform/build-info.js';

/** The OpenAPI document of the running application, made from the schemas that validate its requests. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Trainyard')
    .setDescription(
      'Trigger pipeline runs, follow them, see what was promoted and why, and get predictions from the promoted model.',
    )
    .setVersion(version())
    .build();
  const document = SwaggerModule.createDocument(app, config, { standardSchemaConverter: toOpenApi });
  return { ...document, paths: nameWildcards(document.paths) };
}

/** What a route takes as `*` is an object's key; Nest calls it `path`. */
function nameWildcards(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [path.replace(/\{path\}$/, '{key}'), item]),
  );
}

function toOpenApi(schema: unknown, { schemaType }: { schemaType: 'input' | 'output' }) {
  if (!(schema instanceof z.ZodType)) return undefined;
  const { $defs, definitions, ...root } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: schemaType,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      // A Date in a row is a string in JSON.
      if (zodSchema._zod.def.type === 'date')
        Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
      // zod leaves out the examples of what is transformed; ours are of what callers send.
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (schemaType === 'input' && examples) Object.assign(jsonSchema, { examples });
      // The whole range of a double says nothing.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { schema: root, components: { ...$defs, ...(definitions as object) } };
}
