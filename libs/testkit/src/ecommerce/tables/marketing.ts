import type { Dice } from '../../generator/dice.js';
import { MISSING, type Row, type TableShape } from '../../ready-made/table-shape.js';
import { BAD_CHOICE, BAD_DATE, BAD_MONEY, badIdentifier } from '../bad-values.js';
import { campaignId, money } from '../identifiers.js';
import type { Pools } from '../pools.js';
import { DAYS, WEIGHTS } from '../seasons.js';

export const MARKETING: TableShape = {
  dataset: 'marketing_performance',
  table: 'marketing_performance',
  key: ['performance_date', 'campaign_id'],
  columns: [
    { name: 'performance_date', kind: 'date', bad: BAD_DATE },
    { name: 'campaign_id', kind: 'text', bad: badIdentifier('Z17') },
    { name: 'campaign_name', kind: 'text', odd: [[null, MISSING]] },
    { name: 'channel', kind: 'text', bad: BAD_CHOICE },
    {
      name: 'impressions',
      kind: 'integer',
      bad: [
        ['blank', MISSING],
        ['not_integer', ['lots', '-100', '1e6']],
      ],
    },
    { name: 'clicks', kind: 'integer', odd: [['0', [...MISSING, 'few', '-2']]] },
    { name: 'conversions', kind: 'integer', odd: [['0', [...MISSING, '0.5']]] },
    { name: 'spend', kind: 'decimal', scale: 2, bad: BAD_MONEY },
    { name: 'revenue', kind: 'decimal', scale: 2, odd: [['0', MISSING]] },
    { name: 'performance_month', kind: 'text', derive: ({ performance_date }) => performance_date!.slice(0, 7) },
  ],
  gold: [
    {
      table: 'marketing_by_channel',
      dimensions: ['performance_month', 'channel'],
      measures: {
        days: 'count',
        impressions: ['sum', 'impressions'],
        clicks: ['sum', 'clicks'],
        conversions: ['sum', 'conversions'],
        spend: ['sum', 'spend'],
        revenue: ['sum', 'revenue'],
      },
    },
  ],
};

const CHANNELS = ['email', 'search', 'social', 'display', 'affiliate'];
const ORDERS_PER_CAMPAIGN = 5000;
const MOST_CAMPAIGNS = 10;

/** A row a campaign and day over the whole period: busy days cost and bring more. */
export function* makePerformance(dice: Dice, pools: Pools, orders: number): Generator<Row> {
  const campaigns = Math.min(MOST_CAMPAIGNS, 1 + Math.floor(orders / ORDERS_PER_CAMPAIGN));
  for (const [day, date] of DAYS.entries()) {
    for (let number = 1; number <= campaigns; number++) {
      const impressions = Math.floor((WEIGHTS[day] * (60 + dice.below(80))) / 100) * number;
      const clicks = Math.floor((impressions * (5 + dice.below(30))) / 1000);
      const conversions = Math.floor((clicks * dice.below(80)) / 1000);
      yield {
        performance_date: date,
        campaign_id: campaignId(number),
        campaign_name: pools.campaigns[number % pools.campaigns.length],
        channel: CHANNELS[number % CHANNELS.length],
        impressions: String(impressions),
        clicks: String(clicks),
        conversions: String(conversions),
        spend: money(clicks * (12 + dice.below(60))),
        revenue: money(conversions * (1500 + dice.below(6000))),
      };
    }
  }
}
