/**
 * The value of the Parquet key `pandas` (https://arrow.apache.org, "pandas metadata"), which makes
 * `pandas.read_parquet` restore `time` as the index, so that a table shows its data columns and nothing else.
 */
export function pandasMetadata(columns: readonly string[]): string {
  const double = (name: string) => ({
    name,
    field_name: name,
    pandas_type: 'float64',
    numpy_type: 'float64',
    metadata: null,
  });
  return JSON.stringify({
    index_columns: ['time'],
    column_indexes: [
      {
        name: null,
        field_name: null,
        pandas_type: 'unicode',
        numpy_type: 'object',
        metadata: { encoding: 'UTF-8' },
      },
    ],
    columns: [
      ...columns.map(double),
      {
        name: 'time',
        field_name: 'time',
        pandas_type: 'datetimetz',
        numpy_type: 'datetime64[ms]',
        metadata: { timezone: 'UTC' },
      },
    ],
    creator: { library: 'trainyard', version: '1' },
    pandas_version: '2.2.0',
  });
}
