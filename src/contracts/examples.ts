// Bodies that the documentation shows. They work as they are once `npm run quickstart` has run.

const hours = Array.from({ length: 24 }, (_, hour) => hour);
const hourOf = (hour: number) => `2010-12-31T${String(hour).padStart(2, '0')}:00:00Z`;
/** A winter's day: coldest before dawn, warmest in the afternoon. */
const temperatureAt = (hour: number) =>
  Math.round((4.5 - 1.5 * Math.cos(((hour - 15) * Math.PI) / 12 + Math.PI)) * 10) / 10;

export const createRunExample = {
  pipeline: 'forecasting',
  parameters: { dataset_name: 'seattle-weather', identifier: 'quickstart', targets: 'temperature' },
} as const;

export const predictExample = {
  identifier: 'quickstart',
  inference_length: 3,
  data: {
    time: hours.map(hourOf),
    pressure: hours.map(() => 1017),
    temperature: hours.map(temperatureAt),
    wind: hours.map(() => 4),
  },
};

/** For an imported model of these columns; of no model that the quickstart makes. */
export const recordsExample = [
  { area: 90.5, rooms: 4, city: 'Barcelona' },
  { area: 62, rooms: 2, city: 'Girona' },
];

const { time, pressure, temperature, wind } = predictExample.data;

/** The same history to the same model as tensors. */
export const inferExample = {
  id: 'my-1',
  inputs: [
    { name: 'time', datatype: 'INT64', shape: [1, 24], data: time.map((text) => Date.parse(text)) },
    {
      name: 'columns',
      datatype: 'FP64',
      shape: [1, 24, 3],
      data: hours.flatMap((hour) => [pressure[hour]!, temperature[hour]!, wind[hour]!]),
    },
  ],
};
