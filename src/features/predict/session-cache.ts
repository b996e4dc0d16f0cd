import { AppError } from '../../contracts/app-error.js';
import { ModelManifest } from '../../contracts/model-manifest.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { getVerified } from '../../platform/object-store/content-address.js';
import type { ObjectStore } from '../../platform/object-store/object-store.js';
import { ServedSession } from '../../platform/onnx/served-session.js';

/** A loaded model. */
export interface Loaded {
  manifest: ModelManifest;
  session: ServedSession;
}

interface Entry {
  loading: Promise<Loaded>;
  users: number;
  retired: boolean;
}

/** Loaded models by digest. One that is retired goes when its last user is done. */
export class SessionCache {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly store: ObjectStore,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Loads a model, or finds it loaded; several callers at once load it once. */
  load(served: ServedModel): Promise<Loaded> {
    return this.entry(served).loading;
  }

  /** Keeps the model loaded while `work` uses it, also when it is swapped for another meanwhile. */
  async use<T>(served: ServedModel, work: (loaded: Loaded) => Promise<T>): Promise<T> {
    const entry = this.entry(served);
    entry.users += 1;
    try {
      return await work(await entry.loading);
    } finally {
      entry.users -= 1;
      this.stopIfUnused(served.model.sha256, entry);
    }
  }

  /** Unloads what none of these digests names, as soon as nobody uses it. */
  retain(digests: ReadonlySet<string>): void {
    for (const [digest, entry] of this.entries) {
      entry.retired = !digests.has(digest);
      this.stopIfUnused(digest, entry);
    }
  }

  /** Unloads everything; requests under way come to their end. */
  async close(): Promise<void> {
    const entries = [...this.entries.values()];
    this.entries.clear();
    await Promise.all(entries.map(({ loading }) => stop(loading)));
  }

  private entry(served: ServedModel): Entry {
    const digest = served.model.sha256;
    const known = this.entries.get(digest);
    if (known) return known;
    const entry: Entry = { loading: this.fetch(served), users: 0, retired: false };
    this.entries.set(digest, entry);
    // A load that failed is tried again by the next request.
    entry.loading.catch(() => this.entries.delete(digest));
    return entry;
  }

  /** @throws AppError `unavailable`: whatever is wrong with a promoted model, it is not the caller's request */
  private async fetch(served: ServedModel): Promise<Loaded> {
    try {
      return await this.loadModel(served);
    } catch (cause) {
      this.onError(cause);
      throw new AppError(
        'unavailable',
        `version ${served.model_version} of ${served.identifier} cannot be loaded`,
        { cause },
      );
    }
  }

  private async loadModel({ model, manifest: ref }: ServedModel): Promise<Loaded> {
    const [bytes, text] = await Promise.all([getVerified(this.store, model), getVerified(this.store, ref)]);
    const manifest = ModelManifest.parse(JSON.parse(text.toString('utf8')));
    return { manifest, session: await ServedSession.load(bytes, manifest) };
  }

  private stopIfUnused(digest: string, entry: Entry): void {
    if (!entry.retired || entry.users > 0) return;
    this.entries.delete(digest);
    stop(entry.loading).catch(this.onError);
  }
}

async function stop(loading: Promise<Loaded>): Promise<void> {
  const loaded = await loading.catch(() => undefined);
  await loaded?.session.stop();
}
