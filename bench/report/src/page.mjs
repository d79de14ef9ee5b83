import { figuresOf } from './figures.mjs';
import { ABSENT, paragraphs, table } from './markdown.mjs';
import { endToEndSection } from './sections/end-to-end.mjs';
import { filterSection } from './sections/filter.mjs';
import { growthSection } from './sections/growth.mjs';
import { liveSection } from './sections/live.mjs';
import { loadSection } from './sections/load.mjs';
import { methodSection } from './sections/method.mjs';
import { pollockSection } from './sections/pollock.mjs';
import { profileSection } from './sections/profile.mjs';
import { sizingSection } from './sections/sizing.mjs';
import { stepsSection } from './sections/steps.mjs';
import { TARGETS } from './targets.mjs';

const HEAD = `<!-- Written by \`npm run bench:report\` from bench/results: changes belong there, or into bench/report. -->

# Performance

What Millrace costs, measured beside what it is compared with. Every figure is taken by a script of this repository, results are checked for exactness in the same run, and one command takes them all again.`;

/**
 * docs/performance.md.
 * @param {Record<string, import('./results.mjs').Taken>} taken by bench; the sections of what is not there are left out
 * @returns {string}
 */
export function renderPage(taken) {
  const figures = figuresOf(taken);
  const result = (bench) => taken[bench]?.result;
  const page = paragraphs(
    HEAD,
    targetsSection(figures),
    endToEndSection(result('end-to-end'), result('end-to-end-10m'), result('cold')),
    loadSection(result('load')),
    liveSection(result('live')),
    profileSection(result('profile')),
    stepsSection(result('steps')),
    filterSection(result('filter')),
    growthSection(result('growth')),
    sizingSection(figures),
    pollockSection(result('pollock')),
    methodSection(taken),
  );
  return `${page}\n`;
}

/** @param {import('./figures.mjs').Figures} figures */
export function targetsSection(figures) {
  const rows = TARGETS.map(({ measure, target, of, reached, show }) => {
    const value = of(figures);
    if (value === undefined || value === null || Number.isNaN(value)) return [measure, target, ABSENT, ''];
    return [measure, target, show(value), reached(value) ? 'yes' : '**no**'];
  });
  return paragraphs('## Against the targets', table(['measure', 'target', '>here', 'reached'], rows));
}
