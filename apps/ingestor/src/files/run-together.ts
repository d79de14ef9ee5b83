/**
 * Runs loops that end only by failing. The first failure ends the others, is waited out and thrown: a loop that died
 * while the rest goes on would be noticed by nobody.
 * @param ending its signal ends every one of the loops
 */
export async function runTogether(ending: AbortController, loops: Promise<never>[]): Promise<never> {
  try {
    return await Promise.race(loops);
  } catch (error) {
    ending.abort(error);
    throw error;
  } finally {
    await Promise.allSettled(loops);
  }
}
