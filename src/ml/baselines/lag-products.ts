/** Rows of numbers: `[rows, width]` flat row-major. */
export interface Series {
  values: Float64Array;
  width: number;
}

/** `block += sign · Σ x[xRow + t]ᵀ·y[yRow + t]` over `count` rows; the block is `[x.width, y.width]`. */
function addProducts(
  block: Float64Array,
  x: Series,
  xRow: number,
  y: Series,
  yRow: number,
  count: number,
  sign: 1 | -1,
): void {
  for (let t = 0; t < count; t++) {
    const xStart = (xRow + t) * x.width;
    const yStart = (yRow + t) * y.width;
    for (let c = 0; c < x.width; c++) {
      const left = sign * (x.values[xStart + c] ?? 0);
      const start = c * y.width;
      for (let d = 0; d < y.width; d++) {
        block[start + d] = (block[start + d] ?? 0) + left * (y.values[yStart + d] ?? 0);
      }
    }
  }
}

export interface LagProducts {
  x: Series;
  y: Series;
  /** First rows of x and y under offset 0 of the run's first origin. */
  xRow: number;
  yRow: number;
  /** Origins in the run: neighbouring rows. */
  count: number;
  /** How many offsets of x (a) and y (b). */
  xOffsets: number;
  yOffsets: number;
  /** Leave out b < a: what symmetry gives. */
  upperOnly: boolean;
  /** Takes the block `[x.width, y.width]` of offsets a and b; it is only lent. */
  add: (a: number, b: number, block: Float64Array) => void;
}

/**
 * For every pair of offsets, `Σ x[xRow + a + i]ᵀ·y[yRow + b + i]` over the run's origins i.
 *
 * Blocks (a, b) and (a + 1, b + 1) sum the same products but for the first and the last, so only the blocks at the
 * edge (a = 0 or b = 0) are summed in full and the others follow along their diagonal: rows·offsets·width² products
 * in place of rows·offsets²·width². For 15,917 windows of 10 x 11 that is 19 million instead of 96.
 */
export function accumulateLagProducts(job: LagProducts): void {
  const { x, y, xRow, yRow, count, xOffsets, yOffsets, upperOnly, add } = job;
  const edge = [
    ...Array.from({ length: yOffsets }, (_, b) => ({ a: 0, b })),
    ...(upperOnly ? [] : Array.from({ length: xOffsets - 1 }, (_, i) => ({ a: i + 1, b: 0 }))),
  ];
  for (let { a, b } of edge) {
    const block = new Float64Array(x.width * y.width);
    addProducts(block, x, xRow + a, y, yRow + b, count, 1);
    add(a, b, block);
    for (; a + 1 < xOffsets && b + 1 < yOffsets; a++, b++) {
      addProducts(block, x, xRow + a, y, yRow + b, 1, -1);
      addProducts(block, x, xRow + a + count, y, yRow + b + count, 1, 1);
      add(a + 1, b + 1, block);
    }
  }
}
