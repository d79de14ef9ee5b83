import type { ExpressionColumn } from '../column.js';
import { LANE_MAX, NULL_INT, type Vector } from '../vectors.js';
import { type Emitted, type Emitter } from './emitter.js';
import { emitRounded, type Rounding } from './numbers.js';

/** The column that an expression fills. */
export interface Target {
  type: ExpressionColumn['type'];
  encoding: Vector['encoding'];
  scale: number;
  precision: number | null;
  rounding: Rounding;
}

/** An integer column holds neither of the two values that stand for NULL and WIDE. */
export const INTEGER_LEAST = NULL_INT + 1;
export const INTEGER_MOST = 2147483647;

/** Writes the code that stores a row's value, or leaves the row when the column does not hold it. */
export function emitStore(emitter: Emitter, value: Emitted, target: Target): void {
  if (value.isnull !== 'false') emitter.put(`if (${value.isnull}) { none(row); continue; }`);
  switch (target.type) {
    case 'boolean':
      emitter.put(`values[row] = ${value.value} ? 1 : 0;`);
      break;
    case 'date':
      emitter.put(`values[row] = ${value.value};`);
      break;
    case 'timestamp':
      storeLanes(emitter, value.value);
      break;
    case 'integer': {
      const { value: whole } = emitRounded(emitter, value, 0, target.rounding);
      emitter.leave(`!(${whole} >= ${INTEGER_LEAST} && ${whole} <= ${INTEGER_MOST})`);
      emitter.put(`values[row] = ${whole};`);
      break;
    }
    case 'bigint':
    case 'decimal': {
      const scale = target.type === 'bigint' ? 0 : target.scale;
      const scaled = emitRounded(emitter, value, scale, target.rounding);
      const bound = target.type === 'bigint' || target.precision === null ? LANE_MAX : 10 ** target.precision - 1;
      if (scaled.max > bound) emitter.leave(`!(${scaled.value} <= ${bound} && ${scaled.value} >= -${bound})`);
      storeLanes(emitter, scaled.value);
      break;
    }
    default:
      emitter.put(`texts[row] = ${value.value};`);
  }
}

function storeLanes(emitter: Emitter, value: string): void {
  emitter.put(`low[row] = ${value};`);
  emitter.put(`high[row] = Math.floor(${value} / 4294967296);`);
}
