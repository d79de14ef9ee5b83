/** How a cost grows with the number of rows. */

/**
 * Least squares.
 * @param {[x: number, y: number][]} points @returns {number} by how much y grows with x; NaN for fewer than two values of x
 */
export function slope(points) {
  const [mean_x, mean_y] = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
  const spread = points.reduce((sum, [x]) => sum + (x - mean_x) ** 2, 0);
  return points.reduce((sum, [x, y]) => sum + (x - mean_x) * (y - mean_y), 0) / spread;
}

/**
 * By what factor y changes when x grows tenfold, if it follows a power of x.
 * @param {[x: number, y: number][]} points all positive @returns {number} 1: it does not depend on x
 */
export function factorPerTenfold(points) {
  return 10 ** slope(points.map(([x, y]) => [Math.log10(x), Math.log10(y)]));
}
