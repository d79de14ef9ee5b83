import type { Faker } from '@faker-js/faker';

/** People and places of one country, to be combined at random. */
export interface Country {
  name: string;
  /** Customers of this country among a hundred. */
  share: number;
  dial: string;
  first_names: string[];
  last_names: string[];
  streets: string[];
  /** City and a postal code of its own. */
  places: [string, string][];
  /** Number and street in the country's order. */
  address: (street: string, number: number) => string;
}

export interface Pools {
  countries: Country[];
  adjectives: string[];
  materials: string[];
  products: string[];
  brands: string[];
  comments: string[];
  campaigns: string[];
}

/** faker's dates are relative to now unless a date is fixed. */
const REFERENCE_DATE = '2026-01-01T00:00:00Z';

const numberFirst = (street: string, number: number) => `${number} ${street}`;
const numberLast = (street: string, number: number) => `${street} ${number}`;
const numberBehindComma = (street: string, number: number) => `${street}, ${number}`;

/**
 * Values of faker, made once: a call for each row would cost more than all else. The same seed gives the same pools for one
 * version of faker. faker is loaded here only, as nobody else needs it.
 */
export async function makePools(seed: number): Promise<Pools> {
  const [en, gb, de, fr, es] = await Promise.all([
    import('@faker-js/faker/locale/en'),
    import('@faker-js/faker/locale/en_GB'),
    import('@faker-js/faker/locale/de'),
    import('@faker-js/faker/locale/fr'),
    import('@faker-js/faker/locale/es'),
  ]);
  const { faker } = en;
  for (const { faker } of [en, gb, de, fr, es]) {
    faker.seed(seed);
    faker.setDefaultRefDate(REFERENCE_DATE);
  }
  return {
    countries: [
      countryOf(faker, { name: 'US', share: 40, dial: '+1', address: numberFirst }),
      countryOf(gb.faker, { name: 'GB', share: 18, dial: '+44', address: numberFirst }),
      countryOf(de.faker, { name: 'DE', share: 20, dial: '+49', address: numberLast }),
      countryOf(fr.faker, { name: 'FR', share: 12, dial: '+33', address: numberFirst }),
      countryOf(es.faker, { name: 'ES', share: 10, dial: '+34', address: numberBehindComma }),
    ],
    adjectives: many(60, () => faker.commerce.productAdjective()),
    materials: many(40, () => faker.commerce.productMaterial()),
    products: many(60, () => faker.commerce.product()),
    brands: many(60, () => faker.company.name()),
    comments: many(400, () => commentOf(faker)),
    campaigns: many(12, () => faker.company.buzzPhrase()),
  };
}

type CountryStyle = Pick<Country, 'name' | 'share' | 'dial' | 'address'>;

function countryOf(faker: Faker, style: CountryStyle): Country {
  return {
    ...style,
    first_names: many(300, () => faker.person.firstName()),
    last_names: many(400, () => faker.person.lastName()),
    streets: many(400, () => faker.location.street()),
    places: Array.from({ length: 250 }, () => [tidy(faker.location.city()), tidy(faker.location.zipCode())]),
  };
}

function commentOf(faker: Faker): string {
  const phrase = faker.helpers.arrayElement([
    () => faker.commerce.productDescription(),
    () => `Bought as a gift: "${faker.word.adjective()}", they said`,
    () => `${faker.word.interjection()}! ${faker.word.words(5)}`,
    () => `${faker.word.words(4)},\n${faker.word.words(3)}`,
  ]);
  return phrase();
}

/** Different values, in the order in which they came. */
function many(count: number, make: () => string): string[] {
  return [...new Set(Array.from({ length: count }, () => tidy(make())))];
}

/** Without blanks around it, which would be trimmed away, and without NUL. */
function tidy(text: string): string {
  return text.replaceAll('\0', '').trim();
}
