import { describe, expect, it, onTestFinished } from 'vitest';
import { HostConnection } from '../../src/platform/onnx/host-connection.js';
import type { ServingStart } from '../../src/platform/onnx/serving-message.js';
import type { StartHost } from '../../src/platform/onnx/session-host.js';
import { importedManifest, nextModel } from '../factories/small-models.js';

const pair = (...values: number[]) => [{ shape: [values.length / 2, 2], data: Float64Array.from(values) }];

/** What every host of a session must do. */
export function describeSessionHost(name: string, host: (start: ServingStart) => StartHost): void {
  describe(name, () => {
    const open = async (model: Uint8Array, manifest: ServingStart['manifest'] = importedManifest()) => {
      const connection = await HostConnection.open(host({ model, manifest }));
      onTestFinished(() => connection.close());
      return connection;
    };

    it('loads a model, says what it takes and gives, and runs it', async () => {
      const connection = await open(nextModel());
      expect(connection.signature).toEqual({
        inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 2] }],
        outputs: [{ name: 'y', datatype: 'FP64', shape: [-1, 2] }],
      });
      const [y] = await connection.run(pair(1, Number.NaN, 3, Infinity));
      expect(y).toEqual({ shape: [2, 2], data: Float64Array.of(2, Number.NaN, 4, Infinity) });
    });

    it('gives every run its own answer, however many are asked for at once', async () => {
      const connection = await open(nextModel());
      const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => connection.run(pair(i, -i))));
      expect(answers.map(([y]) => y?.data[0])).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    });

    it('fails a run that the model cannot do, with the reason, and goes on', async () => {
      const connection = await open(nextModel());
      const wrong = [{ shape: [1, 3], data: Float64Array.of(1, 2, 3) }];
      await expect(connection.run(wrong)).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringMatching(/does not run these inputs.*dimension/is) as string,
      });
      expect((await connection.run(pair(1, 2)))[0]?.data).toEqual(Float64Array.of(2, 3));
    });

    it('refuses what is no model, and has ended by then or soon after', async () => {
      await expect(open(Buffer.from('no model'))).rejects.toMatchObject({
        code: 'invalid_data',
        message: expect.stringContaining('cannot be loaded') as string,
      });
    });

    it('ends when it is asked to, after what was asked before', async () => {
      const connection = await HostConnection.open(host({ model: nextModel(), manifest: null }));
      const answer = connection.run(pair(1, 2));
      await connection.close();
      expect((await answer)[0]?.data).toEqual(Float64Array.of(2, 3));
      expect(connection.alive).toBe(false);
      await expect(connection.run(pair(1, 2))).rejects.toMatchObject({ code: 'unprocessable' });
    });
  });
}
