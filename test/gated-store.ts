import type { ObjectStore } from '../src/platform/object-store/object-store.js';

/** A put that has its bytes in hand and has not stored them yet. */
export interface HeldPut {
  key: string;
  /** Lets it store them, and resolves when it has. */
  release(): Promise<void>;
}

/** A store whose puts can be held back or refused: the slow and the broken store that a race needs. */
export function gatedStore(store: ObjectStore) {
  let fault: Error | undefined;
  let expected: { key: string; arrived: (put: HeldPut) => void } | undefined;
  const finished: string[] = [];

  const gated: ObjectStore = {
    ...store,
    async put(bucket, key, body, options) {
      if (fault) throw fault;
      if (expected?.key !== key) {
        const result = await store.put(bucket, key, body, options);
        finished.push(key);
        return result;
      }
      const { arrived } = expected;
      expected = undefined;
      return new Promise((resolve, reject) => {
        const release = async () => {
          const putting = store.put(bucket, key, body, options);
          putting.then(resolve, reject);
          await putting;
          finished.push(key);
        };
        arrived({ key, release });
      });
    },
  };
  return {
    store: gated,
    /** Keys in the order in which they were stored. */
    finished,
    /** Resolves when the next put of the key is there; it goes on when it is released. */
    holdNext: (key: string) =>
      new Promise<HeldPut>((arrived) => {
        expected = { key, arrived };
      }),
    /** Makes every put fail, until it is called without an error. */
    fail(error?: Error) {
      fault = error;
    },
  };
}
