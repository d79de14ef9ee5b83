import { describe, expect, it } from 'vitest';
import { Window } from './window.js';

describe('window', () => {
  it('bounds messages and bytes', () => {
    const window = new Window(3, 100);
    window.add(40);
    expect(window.fits(60)).toBe(true);
    expect(window.fits(61)).toBe(false);
    window.add(1);
    window.add(1);
    expect(window.fits(1)).toBe(false);
    window.remove(40);
    expect(window.fits(98)).toBe(true);
  });

  it('lets a message pass alone that is larger than all of it', () => {
    const window = new Window(3, 100);
    expect(window.fits(1000)).toBe(true);
    window.add(1000);
    expect(window.fits(1)).toBe(false);
  });

  it('wakes who waits when room comes', async () => {
    const sizes: number[] = [];
    const window = new Window(1, 100, (size) => sizes.push(size));
    window.add(1);
    const waiting = window.changed(60_000);
    window.remove(1);
    await waiting;
    expect(window.isEmpty).toBe(true);
    expect(sizes).toEqual([1, 0]);
  });

  it('wakes who waits after the given time even without a change', async () => {
    await expect(new Window(1, 1).changed(1)).resolves.toBe(undefined);
  });
});
