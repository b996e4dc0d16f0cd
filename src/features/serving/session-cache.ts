import { AppError } from '../../contracts/app-error.js';
import type { ServedManifest } from '../../contracts/served-manifest.js';
import type { ServedModel } from '../../contracts/served-model.js';
import { byDeadline } from '../../platform/by-deadline.js';
import type { ModelMeter } from '../../platform/metrics/serving-metrics.js';
import type { ServedSession } from '../../platform/onnx/served-session.js';
import { modelMemory } from './model-memory.js';

/** A loaded model. */
export interface Loaded {
  served: ServedModel;
  manifest: ServedManifest;
  session: ServedSession;
  meter: ModelMeter;
}

/** What is known of a model that was loaded, is being loaded, or could not be. */
export interface ModelStatus {
  served: ServedModel;
  state: 'LOADING' | 'READY' | 'UNAVAILABLE';
  /** Why it is not ready. */
  reason?: string;
  loaded?: Loaded;
  memoryBytes: number;
}

interface Entry {
  served: ServedModel;
  loading: Promise<Loaded>;
  loaded?: Loaded;
  memoryBytes: number;
  users: number;
  usedAt: number;
  retired: boolean;
}

interface Failure {
  served: ServedModel;
  error: AppError;
  at: number;
}

export interface SessionCacheSettings {
  /** Fetches and loads; rejects with why not. */
  load: (served: ServedModel) => Promise<Loaded>;
  /** Of all models together; the least recently used goes first. */
  memoryBytes: number;
  onUnload: (served: ServedModel) => void;
  onError: (error: unknown) => void;
}

/** A load that failed is tried again by the first request after this time, not by each of a thousand. */
const failureKeptMs = 1_000;
const mostFailures = 100;

/** Loaded models by name and version. One that is retired goes when its last user is done. */
export class SessionCache {
  private readonly entries = new Map<string, Entry>();
  private readonly failures = new Map<string, Failure>();

  constructor(private readonly settings: SessionCacheSettings) {}

  /**
   * Loads a model, or finds it loaded; several callers at once load it once.
   * @param deadline on the clock of `performance.now()`: whoever waits is told by then that it is still being loaded
   * @param replacing the model that serves until this one does: it is not unloaded to make room
   */
  async load(served: ServedModel, deadline: number, replacing?: ServedModel): Promise<Loaded> {
    const entry = this.entry(served, replacing);
    entry.retired = false;
    return loadedBy(deadline, entry);
  }

  /** Is it loaded, or about to be? */
  has(served: ServedModel): boolean {
    return this.entries.has(keyOf(served));
  }

  /**
   * Keeps the model loaded while `work` uses it, also when it is swapped for another meanwhile.
   * @param deadline on the clock of `performance.now()`: a model that is not loaded by then is unavailable
   */
  async use<T>(served: ServedModel, deadline: number, work: (loaded: Loaded) => Promise<T>): Promise<T> {
    const entry = this.entry(served);
    entry.users += 1;
    entry.usedAt = performance.now();
    try {
      return await work(entry.loaded ?? (await loadedBy(deadline, entry)));
    } finally {
      entry.users -= 1;
      if (entry.retired) void this.stopIfUnused(entry);
    }
  }

  /** Unloads what `keeps` refuses, as soon as nobody uses it. */
  retain(keeps: (served: ServedModel) => boolean): void {
    for (const entry of this.entries.values()) {
      if (!keeps(entry.served)) entry.retired = true;
      void this.stopIfUnused(entry);
    }
  }

  /** All models that are loaded, and those whose last load failed. */
  statuses(): ModelStatus[] {
    return [
      ...Array.from(this.entries.values(), ({ served, loaded, memoryBytes }): ModelStatus => {
        const reason = loaded?.session.hung;
        const state = loaded ? (reason === undefined ? 'READY' : 'UNAVAILABLE') : 'LOADING';
        return { served, state, reason, loaded, memoryBytes };
      }),
      ...Array.from(this.failures.values(), ({ served, error }): ModelStatus => ({
        served,
        state: 'UNAVAILABLE',
        reason: error.message,
        memoryBytes: 0,
      })),
    ];
  }

  /** Unloads everything; requests under way come to their end. */
  async close(): Promise<void> {
    const entries = [...this.entries.values()];
    this.entries.clear();
    await Promise.all(entries.map((entry) => this.stop(entry)));
  }

  private entry(served: ServedModel, replacing?: ServedModel): Entry {
    const key = keyOf(served);
    const known = this.entries.get(key);
    if (known) return known;
    const failure = this.failures.get(key);
    if (failure && performance.now() - failure.at < failureKeptMs) throw failure.error;
    this.failures.delete(key);
    const memoryBytes = modelMemory(served);
    const emptied = this.makeRoom(served, memoryBytes, replacing);
    const entry: Entry = {
      served,
      loading: emptied
        .then(() => this.settings.load(served))
        .catch((cause: unknown) => {
          if (this.entries.get(key) === entry) this.entries.delete(key);
          throw this.remember(served, cause);
        }),
      memoryBytes,
      users: 0,
      usedAt: performance.now(),
      retired: false,
    };
    this.entries.set(key, entry);
    entry.loading.then(
      (loaded) => {
        entry.loaded = loaded;
      },
      () => {}, // Told to whoever waits for it.
    );
    return entry;
  }

  /**
   * Retires the least recently used models until there is room for another one, and waits until those that nobody uses
   * are gone.
   *
   * @throws AppError `unavailable` when there never can be room
   */
  private async makeRoom(
    served: ServedModel,
    memoryBytes: number,
    replacing: ServedModel | undefined,
  ): Promise<void> {
    const { memoryBytes: limit } = this.settings;
    if (memoryBytes > limit) {
      const message = `${nameOf(served)} needs about ${mebibytes(memoryBytes)} of ${mebibytes(limit)} for all models`;
      throw new AppError('unavailable', message);
    }
    const spared = replacing && keyOf(replacing);
    const others = [...this.entries.values()]
      .filter((entry) => entry.loaded && keyOf(entry.served) !== spared)
      .sort((a, b) => a.usedAt - b.usedAt);
    let total = memoryBytes;
    for (const entry of this.entries.values()) total += entry.memoryBytes;
    for (const entry of others) {
      if (total <= limit) return;
      total -= entry.memoryBytes;
      entry.retired = true;
      await this.stopIfUnused(entry);
    }
  }

  private remember(served: ServedModel, cause: unknown): AppError {
    this.settings.onError(cause);
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new AppError('unavailable', `${nameOf(served)} cannot be loaded: ${reason}`, { cause });
    this.failures.set(keyOf(served), { served, error, at: performance.now() });
    const [oldest] = this.failures.keys();
    if (this.failures.size > mostFailures && oldest !== undefined) this.failures.delete(oldest);
    return error;
  }

  private async stopIfUnused(entry: Entry): Promise<void> {
    if (!entry.retired || entry.users > 0) return;
    const key = keyOf(entry.served);
    if (this.entries.get(key) !== entry) return;
    this.entries.delete(key);
    await this.stop(entry);
  }

  private async stop(entry: Entry): Promise<void> {
    const loaded = await entry.loading.catch(() => undefined);
    await loaded?.session.stop().catch(this.settings.onError);
    this.settings.onUnload(entry.served);
  }
}

async function loadedBy(deadline: number, { served, loading }: Entry): Promise<Loaded> {
  return byDeadline(loading, deadline, () => {
    return new AppError('unavailable', `${nameOf(served)} is being loaded`, { retryAfterSeconds: 1 });
  });
}

function keyOf({ identifier, model_version }: ServedModel): string {
  return `${identifier}/${model_version}`;
}

function nameOf({ identifier, model_version }: ServedModel): string {
  return `version ${model_version} of ${identifier}`;
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_048_576)} MiB`;
}
