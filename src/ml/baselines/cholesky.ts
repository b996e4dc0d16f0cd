/**
 * Replaces the lower triangle of a symmetric positive definite matrix by its Cholesky factor.
 *
 * @param matrix `[size, size]` row-major; only the lower triangle is read and written.
 * @returns false when the matrix is not positive definite (its contents are then spoilt).
 */
export function factorCholesky(matrix: Float64Array, size: number): boolean {
  for (let row = 0; row < size; row++) {
    const rowStart = row * size;
    for (let column = 0; column <= row; column++) {
      const columnStart = column * size;
      let sum = matrix[rowStart + column] ?? 0;
      for (let k = 0; k < column; k++) sum -= (matrix[rowStart + k] ?? 0) * (matrix[columnStart + k] ?? 0);
      if (row === column) {
        if (!(sum > 0) || sum === Infinity) return false;
        matrix[rowStart + row] = Math.sqrt(sum);
      } else {
        matrix[rowStart + column] = sum / (matrix[columnStart + column] ?? 1);
      }
    }
  }
  return true;
}

/** Solves `L·Lᵀ·x = b` in place, for the factor that `factorCholesky` left. */
export function solveCholesky(factor: Float64Array, size: number, b: Float64Array): void {
  for (let row = 0; row < size; row++) {
    let sum = b[row] ?? 0;
    for (let k = 0; k < row; k++) sum -= (factor[row * size + k] ?? 0) * (b[k] ?? 0);
    b[row] = sum / (factor[row * size + row] ?? 1);
  }
  for (let row = size - 1; row >= 0; row--) {
    const value = (b[row] ?? 0) / (factor[row * size + row] ?? 1);
    b[row] = value;
    // Row by row of the factor, so that memory is walked in order: column `row` of Lᵀ is row `row` of L.
    for (let k = 0; k < row; k++) b[k] = (b[k] ?? 0) - (factor[row * size + k] ?? 0) * value;
  }
}
