/** Medians and intervals of small samples. */

/** @param {number[]} values @returns {number} */
export function median(values) {
  return quantile(values, 0.5);
}

/** By linear interpolation; NaN of nothing. @param {number[]} values @param {number} share 0 to 1 @returns {number} */
export function quantile(values, share) {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** Half the distance between the quartiles, in shares of the median. @param {number[]} values @returns {number} */
export function spread(values) {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values);
}
