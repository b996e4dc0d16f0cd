import type { ForecastingParameters } from '../contracts/forecasting-parameters.js';

export interface DatasetFiles {
  train: string;
  test: string;
  /** A test file that was asked for by name must be there; the usual one may be missing. */
  testRequired: boolean;
}

/** Keys of the input files in the bucket `dataset`. */
export function datasetFiles(
  parameters: Pick<ForecastingParameters, 'dataset_name' | 'train_file' | 'test_file'>,
): DatasetFiles {
  const { dataset_name, train_file, test_file } = parameters;
  return {
    train: train_file ?? `${dataset_name}.csv`,
    test: test_file ?? `${dataset_name}_test.csv`,
    testRequired: test_file !== undefined,
  };
}
