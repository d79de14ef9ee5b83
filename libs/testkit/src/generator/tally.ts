import { type GoldRow, type SalesGold, sortGold } from '../answer-key.js';
import { decimalText, divideRounded, ExactSum } from '../exact-sum.js';
import type { Order } from './order.js';
import { CATEGORIES, DAYS, MONTH_OF_DAY, MONTHS, PRODUCTS, REGIONS } from './vocabulary.js';

class Group {
  orders = 0;
  readonly quantity = new ExactSum();
  readonly revenue = new ExactSum();
  readonly price = new ExactSum();
}

/** Gold of the orders that count, by the indexes of their dimensions. */
export class Tally {
  private readonly months = groups(MONTHS.length * REGIONS.length * CATEGORIES.length);
  private readonly products = groups(PRODUCTS.length);
  private readonly days = groups(DAYS.length * REGIONS.length);

  add(order: Order, revenue_cents: number | bigint): void {
    const { region, day } = order;
    const month = (MONTH_OF_DAY[day] * REGIONS.length + region) * CATEGORIES.length + order.category;
    count(this.months[month], order, revenue_cents);
    count(this.products[order.product], order, revenue_cents);
    count(this.days[day * REGIONS.length + region], order, revenue_cents);
  }

  gold(): SalesGold {
    const byMonth = present(this.months).map(([code, group]) => {
      const region = Math.floor(code / CATEGORIES.length);
      return {
        sale_month: MONTHS[Math.floor(region / REGIONS.length)],
        region: REGIONS[region % REGIONS.length],
        category: CATEGORIES[code % CATEGORIES.length],
        ...measures(group),
      };
    });
    const byProduct = present(this.products).map(([code, group]) => {
      const sum = group.price.total();
      return {
        product_name: PRODUCTS[code].name,
        ...measures(group),
        unit_price_sum: decimalText(sum, 4),
        average_price: decimalText(divideRounded(sum, BigInt(group.orders)), 4),
      };
    });
    const daily = present(this.days).map(([code, group]) => ({
      sale_date: DAYS[Math.floor(code / REGIONS.length)],
      region: REGIONS[code % REGIONS.length],
      ...measures(group),
    }));
    return {
      sales_by_month_region_category: sortGold('sales_by_month_region_category', byMonth),
      sales_by_product: sortGold('sales_by_product', byProduct),
      sales_daily: sortGold('sales_daily', daily),
    };
  }
}

function groups(length: number): Group[] {
  return Array.from({ length }, () => new Group());
}

function present(groups: Group[]): [number, Group][] {
  return groups.map((group, code): [number, Group] => [code, group]).filter(([, group]) => group.orders > 0);
}

function count(group: Group, order: Order, revenue_cents: number | bigint): void {
  group.orders += 1;
  group.quantity.add(order.quantity);
  group.revenue.add(revenue_cents);
  group.price.add(order.price);
}

function measures(group: Group): GoldRow {
  return {
    orders: String(group.orders),
    quantity: decimalText(group.quantity.total(), 0),
    revenue: decimalText(group.revenue.total(), 2),
  };
}

/** round(quantity * price * (1 - discount / 100), 2) in cents, half away from zero, exact. */
export function revenueOf(quantity: number, price: number | bigint, discount: string): number | bigint {
  const point = discount.indexOf('.');
  const decimals = point < 0 ? 0 : discount.length - point - 1;
  if (decimals <= 4 && typeof price === 'number') {
    // Ten-thousandths of a percent that remain; the product is in 1e-10, a cent is 1e8 of it.
    const remaining = 1_000_000 - Math.round(Number(discount) * 10_000);
    const rounded = quantity * price * remaining + 50_000_000;
    if (rounded <= Number.MAX_SAFE_INTEGER) return (rounded - (rounded % 100_000_000)) / 100_000_000;
  }
  const scale = 10n ** BigInt(decimals);
  const remaining = 100n * scale - BigInt(discount.replace('.', ''));
  return divideRounded(BigInt(quantity) * BigInt(price) * remaining, 10_000n * scale);
}
