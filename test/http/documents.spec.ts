import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '../../src/platform/project-root.js';
import { testApp } from '../app.js';

const { http } = await testApp();

it('serves the OpenAPI document that is in the repository', async () => {
  const { body, status } = await http.get('/openapi.json');
  expect(status).toBe(200);
  expect(body).toEqual(
    JSON.parse(readFileSync(path.join(projectRoot(), 'openapi/openapi.json'), 'utf8')) as unknown,
  );
});

it('shows it in Swagger, with its scripts', async () => {
  const page = await http.get('/docs');
  expect(page.status).toBe(200);
  expect(page.headers['content-type']).toContain('text/html');
  expect(page.text).toContain('<title>Trainyard</title>');
  const scripts = [...page.text.matchAll(/src="([^"]+\.js)"/g)].map(([, source]) => source!);
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) {
    const { status, headers } = await http.get(new URL(script, 'http://localhost/docs').pathname);
    expect({ script, status, type: headers['content-type'] }).toMatchObject({
      status: 200,
      type: expect.stringContaining('javascript'),
    });
  }
});

it('says of every operation what it does, what it answers and how it answers an error', async () => {
  const { body } = await http.get('/openapi.json');
  const { paths } = z.object({ paths: z.record(z.string(), z.record(z.string(), Operation)) }).parse(body);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, ...operation })),
  );
  expect(operations.length).toBeGreaterThan(10);
  for (const { path, responses } of operations) {
    const error = /^\/v2(\/|$)/.test(path) ? 'InferenceError' : 'Problem';
    expect(JSON.stringify(responses.default)).toContain(`"$ref":"#/components/schemas/${error}"`);
    expect(Object.keys(responses).filter((status) => status.startsWith('2'))).not.toEqual([]);
  }
});

it('describes every part of a path, and gives an example of it where there is one to give', async () => {
  const { body } = await http.get('/openapi.json');
  const { paths } = z.object({ paths: z.record(z.string(), z.record(z.string(), Operation)) }).parse(body);
  for (const [path, methods] of Object.entries(paths)) {
    for (const { parameters } of Object.values(methods)) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(inPath.map(({ name }) => name)).toEqual(named);
      for (const { name, schema } of inPath) {
        expect(schema.type).toBe('string');
        if (name !== 'id') expect(schema.example).toBeDefined();
      }
    }
  }
});

const Operation = z.object({
  parameters: z.array(
    z.object({
      name: z.string(),
      in: z.string(),
      schema: z.object({ type: z.string().optional(), example: z.unknown().optional() }),
    }),
  ),
  summary: z.string().min(1),
  tags: z.array(z.string()).min(1),
  responses: z.record(z.string(), z.object({ description: z.string() }).loose()),
});
