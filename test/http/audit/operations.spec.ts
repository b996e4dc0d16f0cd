import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AuditAction } from '../../../src/contracts/audit.js';
import { testApp } from '../../app.js';

const { http } = await testApp();

/** Every operation that changes something, and what it is noted as: specs in this folder show that it is, and those of
 * the registry for what changes models. */
const changes: Record<string, readonly AuditAction[]> = {
  'POST /pipeline-runs': ['run.create'],
  'POST /pipeline-runs/{id}/clone': ['run.create'],
  'PATCH /pipeline-runs/{id}': ['run.update'],
  'DELETE /pipeline-runs/{id}': ['run.delete', 'version.delete'],
  'POST /pipeline-runs/{id}/cancel': ['run.cancel'],
  'POST /pipeline-runs/{id}/retry': ['run.retry'],
  'POST /dead-letters/{id}/replay': ['dead_letter.replay', 'run.retry'],
  'DELETE /dead-letters/{id}': ['dead_letter.discard'],
  'POST /schedules': ['schedule.create'],
  'PATCH /schedules/{id}': ['schedule.update'],
  'DELETE /schedules/{id}': ['schedule.delete'],
  'POST /schedules/{id}/trigger': ['run.create', 'run.cancel'],
  'POST /workers/pause': ['workers.pause'],
  'POST /workers/resume': ['workers.resume'],
  'PUT /objects/{bucket}/{key}': ['object.put'],
  'POST /models/import': ['version.import'],
  'POST /models/{name}/versions': ['version.import'],
  'POST /models': ['model.create'],
  'PATCH /models/{name}': ['model.update'],
  'DELETE /models/{name}': ['model.delete'],
  'POST /models/{name}/archive': ['model.archive'],
  'POST /models/{name}/restore': ['model.restore'],
  'PATCH /models/{name}/versions/{version}': ['version.update'],
  'DELETE /models/{name}/versions/{version}': ['version.delete'],
  'POST /models/{name}/versions/{version}/archive': ['version.archive'],
  'POST /models/{name}/versions/{version}/restore': ['version.restore'],
  'PUT /models/{name}/aliases/{alias}': ['alias.set'],
  'DELETE /models/{name}/aliases/{alias}': ['alias.delete'],
  'POST /promotions': ['promotion.create', 'promotion_request.refuse', 'promotion_request.hold'],
  'POST /promotions/rollback': ['promotion.rollback'],
  'POST /promotion-requests/{id}/approve': ['promotion_request.approve', 'promotion.create'],
  'POST /promotion-requests/{id}/reject': ['promotion_request.reject'],
  'PUT /gates': ['gates.set'],
  'DELETE /gates': ['gates.reset'],
};

/** They ask models, or say which of them are loaded here: nothing of that is kept. */
const changeNothing = [
  'POST /promotions/dry-run',
  'POST /predict',
  'POST /v2/models/{model}/infer',
  'POST /v2/models/{model}/versions/{version}/infer',
  'POST /v2/repository/index',
  'POST /v2/repository/models/{model}/load',
  'POST /v2/repository/models/{model}/unload',
];

const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
const { paths } = Document.parse((await http.get('/openapi.json')).body);
const readOnly = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const operations = Object.entries(paths)
  .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
  .filter((operation) => !readOnly.has(operation.split(' ')[0]!));

describe('an operation that is no GET', () => {
  // A new one belongs into one of the two lists: into the first with a spec that it is noted.
  it.each(operations)('%s is in the audit log, or changes nothing', (operation) => {
    expect([...Object.keys(changes), ...changeNothing]).toContain(operation);
  });

  it('is in one of the two lists, and is there', () => {
    const listed = [...Object.keys(changes), ...changeNothing];
    expect(listed.toSorted()).toEqual(operations.toSorted());
  });
});
