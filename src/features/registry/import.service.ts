import { Inject, Injectable } from '@nestjs/common';
import type { Env } from '../../config/env.js';
import { AppError } from '../../contracts/app-error.js';
import type { Caller } from '../../contracts/caller.js';
import { ImportModel, ImportVersion } from '../../contracts/import-model.js';
import { type ImportedFacts, ImportedManifest, importedType } from '../../contracts/imported-manifest.js';
import { buckets } from '../../contracts/object-keys.js';
import { importModel } from '../../engine/import-model.js';
import { refuseArchivedModel } from '../../engine/registry/archived.js';
import type { CreatedAnswer, Once } from '../../http/once.js';
import type { RequestLimits } from '../../http/request-limits.js';
import { DATABASE, ENV, STORE } from '../../http/resources.module.js';
import type { Upload, UploadedForm } from '../../http/upload.js';
import { parseForm } from '../../http/validation-pipe.js';
import type { Database } from '../../platform/database/database.js';
import { mediaTypes } from '../../platform/media-types.js';
import { putByDigest, putFileByDigest } from '../../platform/object-store/content-address.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';
import { inspectFile } from '../../platform/onnx/inspect-file.js';
import { turns } from '../../platform/turns.js';
import { sourceName } from './source-name.js';
import { toModelVersion, versionInclude } from './to-model-version.js';

/** Each has a process of its own, with all of a model in its memory several times. */
const inspectionsAtOnce = 2;

@Injectable()
export class ImportService {
  private readonly inTurn = turns(inspectionsAtOnce);
  private readonly maxBytes: number;

  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(STORE) private readonly store: ObjectStore,
    @Inject(ENV) { MODEL_UPLOAD_MB }: Env,
  ) {
    this.maxBytes = MODEL_UPLOAD_MB * 1_048_576;
  }

  /**
   * The version that an uploaded model became, as text.
   * @param name of the model; the form has it otherwise
   * @throws AppError `invalid_request`, `too_large`; `conflict` when there is a model of that name and it is archived;
   *   `unprocessable` when the file cannot be imported, with the reason
   */
  async import(
    upload: Upload,
    limits: RequestLimits,
    by: Caller,
    once: Once,
    name?: string,
  ): Promise<string> {
    const form = await upload.receive(this.maxBytes);
    try {
      const request =
        name === undefined
          ? parseForm(ImportModel, form.fields)
          : { ...parseForm(ImportVersion, form.fields), name };
      return ((await once.replay(this.db)) ?? (await this.write(form, request, limits, by, once))).text;
    } finally {
      await form.file.close();
    }
  }

  private async write(
    { file, filename }: UploadedForm,
    request: ImportModel,
    { isGone }: RequestLimits,
    by: Caller,
    once: Once,
  ): Promise<CreatedAnswer> {
    const { name, description = null, tags = {}, max_batch, example = null } = request;
    const registered = await this.db.registeredModel.findUnique({ where: { name } });
    // Before a process is spent on it; `importModel` asks again under the model's lock.
    if (registered) refuseArchivedModel(registered);
    const facts = await this.inTurn(() => {
      if (isGone()) throw new AppError('canceled', 'the caller went away');
      return inspectFile(file, { example, max_batch });
    });
    // Bytes first and rows last: what dies in between leaves bytes without a row, which are swept.
    const model = await putFileByDigest(this.store, buckets.artifacts, file, mediaTypes.onnx);
    const manifest = await this.storeManifest(request, facts, model);
    const source = sourceName(filename);
    return once.run(
      this.db,
      async (tx) => {
        const imported = { name, model, manifest, facts, description, tags, source };
        const version = await importModel(tx, by, imported);
        const row = await tx.modelVersion.findUniqueOrThrow({
          where: { name_version: { name, version } },
          include: versionInclude,
        });
        return toModelVersion(row);
      },
      ({ version }) => ({ id: `${name}/versions/${version}` }),
    );
  }

  private storeManifest(
    { name, example }: ImportModel,
    facts: ImportedFacts,
    { sha256, size }: { sha256: string; size: number },
  ) {
    const manifest = ImportedManifest.parse({
      model_type: importedType,
      identifier: name,
      ...facts,
      example: example ?? null,
      sha256,
      size,
    } satisfies ImportedManifest);
    const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    return putByDigest(this.store, buckets.artifacts, text, mediaTypes.json);
  }
}
