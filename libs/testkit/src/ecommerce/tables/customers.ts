import type { Dice } from '../../generator/dice.js';
import { BLANK, MISSING, type Row, type TableShape } from '../../ready-made/table-shape.js';
import { BAD_DATE, BAD_TEXT, badIdentifier, ODD_DATE } from '../bad-values.js';
import { customerId } from '../identifiers.js';
import type { Country, Pools } from '../pools.js';
import { dateAt } from '../seasons.js';

export const CUSTOMERS: TableShape = {
  dataset: 'customers',
  table: 'customers',
  key: ['customer_id'],
  columns: [
    { name: 'customer_id', kind: 'text', bad: badIdentifier('K17') },
    { name: 'first_name', kind: 'text', bad: BAD_TEXT },
    { name: 'last_name', kind: 'text', bad: BAD_TEXT },
    {
      name: 'email',
      kind: 'text',
      bad: [
        ['blank', [...BLANK, 'N/A']],
        ['not_email', ['nobody', 'x@y', 'two@@signs.example', 'a b@c.example', '@nowhere.example']],
      ],
    },
    { name: 'phone', kind: 'text', odd: [[null, MISSING]] },
    { name: 'street', kind: 'text', odd: [[null, MISSING]] },
    { name: 'postal_code', kind: 'text', odd: [[null, MISSING]] },
    { name: 'city', kind: 'text', odd: [[null, MISSING]] },
    {
      name: 'country',
      kind: 'text',
      odd: [['unknown', [...MISSING, 'Atlantis', 'us']]],
    },
    { name: 'segment', kind: 'text', odd: [['regular', [...BLANK, 'gold?', 'NULL']]] },
    { name: 'newsletter', kind: 'boolean', odd: [['false', ['', 'perhaps', '-']]] },
    { name: 'birth_date', kind: 'date', odd: ODD_DATE },
    { name: 'signup_date', kind: 'date', bad: BAD_DATE },
    { name: 'signup_month', kind: 'text', derive: ({ signup_date }) => signup_date!.slice(0, 7) },
  ],
  gold: [
    {
      table: 'customers_by_country',
      dimensions: ['country', 'segment'],
      measures: { customers: 'count' },
    },
    { table: 'customers_by_signup_month', dimensions: ['signup_month'], measures: { customers: 'count' } },
    {
      table: 'newsletter_customers',
      dimensions: ['country'],
      measures: { customers: 'count' },
      where: ({ newsletter }) => newsletter === 'true',
    },
  ],
};

/** Customers sign up evenly from two years before the first order until the last. */
const SIGNUPS_FROM = -730;
const SIGNUP_DAYS = 1461;
const SEGMENTS = ['regular', 'regular', 'regular', 'regular', 'new', 'new', 'vip', 'business'];
const MAIL_HOSTS = ['mail.example', 'post.example.org', 'inbox.example.com', 'letters.test'];

/** How many customers there are by the end of a day. */
export function customersBy(day: number, customers: number): number {
  return Math.max(1, Math.floor((customers * (day - SIGNUPS_FROM + 1)) / SIGNUP_DAYS));
}

/** @param number from 1 */
export function makeCustomer(dice: Dice, pools: Pools, number: number, customers: number): Row {
  const country = countryFor(dice, pools);
  const first_name = dice.pick(country.first_names);
  const last_name = dice.pick(country.last_names);
  const [city, postal_code] = dice.pick(country.places);
  const signup = SIGNUPS_FROM + Math.floor(((number - 1) * SIGNUP_DAYS) / customers);
  return {
    customer_id: customerId(number),
    first_name,
    last_name,
    email: `${plain(first_name)}.${plain(last_name)}${number}@${dice.pick(MAIL_HOSTS)}`,
    phone: `${country.dial}${1_000_000 + dice.below(900_000)}${String(dice.below(1000)).padStart(3, '0')}`,
    street: country.address(dice.pick(country.streets), 1 + dice.below(240)),
    postal_code,
    city,
    country: country.name,
    segment: dice.pick(SEGMENTS),
    newsletter: dice.below(3) === 0 ? 'true' : 'false',
    birth_date: dice.below(10) === 0 ? null : dateAt(-7300 - dice.below(21_000)),
    signup_date: dateAt(signup),
  };
}

function countryFor(dice: Dice, { countries }: Pools): Country {
  let share = dice.below(100);
  for (const country of countries) {
    share -= country.share;
    if (share < 0) return country;
  }
  return countries[0];
}

/** Letters without accents, for an address: `Müller-Lüdenscheidt` gives `mullerludenscheidt`. */
function plain(name: string): string {
  return (
    name
      .normalize('NFD')
      .replace(/[^A-Za-z]/g, '')
      .toLowerCase() || 'mail'
  );
}
