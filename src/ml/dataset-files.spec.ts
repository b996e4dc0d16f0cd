import { expect, it } from 'vitest';
import { datasetFiles } from './dataset-files.js';

it('names the files after the dataset', () => {
  expect(datasetFiles({ dataset_name: 'PobleSec' })).toEqual({
    train: 'PobleSec.csv',
    test: 'PobleSec_test.csv',
    testRequired: false,
  });
});

it('prefers files that are named, and then wants them', () => {
  expect(datasetFiles({ dataset_name: 'PobleSec', train_file: 'a.csv', test_file: 'b.csv' })).toEqual({
    train: 'a.csv',
    test: 'b.csv',
    testRequired: true,
  });
});
