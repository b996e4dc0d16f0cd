import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import { MigrationPg } from './migration-pg.js';
import { readSchema } from './prisma-files.js';

// TypeScript declares WebAssembly with the browser's library only; this is the part of it that loads the engine.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: { __wbindgen_start(): void } };
};

/** The engine calls it by this global name with the reason of a panic; without it a TypeError hides the panic. */
const panic = {
  message: '',
  set_message(message: string) {
    panic.message = message;
  },
};

let loaded = false;

/** The package's own entry file imports a .wasm, which Node 20 cannot; its bindings work without. 60 ms. */
function loadOnce(): void {
  if (loaded) return;
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: panic });
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
  const bytes = readFileSync(path.join(path.dirname(entry), 'schema_engine_bg.wasm'));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    './schema_engine_bg.js': bindings,
  });
  bindings.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  loaded = true;
}

/**
 * Lends Prisma's schema engine, which is WebAssembly and needs no download, on a database.
 *
 * @param prismaDir the folder of schema.prisma
 * @throws Error whose message begins with the engine's words; `engineWords` takes them out
 */
export async function withSchemaEngine<T>(
  databaseUrl: string,
  prismaDir: string,
  use: (engine: bindings.SchemaEngine, adapter: MigrationPg) => Promise<T>,
): Promise<T> {
  loadOnce();
  const adapter = new MigrationPg(databaseUrl);
  try {
    const { path: name, content } = readSchema(prismaDir);
    const log = () => undefined;
    const engine = await bindings.SchemaEngine.new(
      { datamodels: [[name, content]] },
      log,
      bindMigrationAwareSqlAdapterFactory(adapter),
    );
    try {
      return await use(engine, adapter);
    } finally {
      engine.free();
    }
  } finally {
    await adapter.close();
  }
}
