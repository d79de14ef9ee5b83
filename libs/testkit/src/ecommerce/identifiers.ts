/** Identifiers by number, from 1; all of one kind are as long, up to ten million. */
export const customerId = (number: number) => `C${String(number).padStart(7, '0')}`;
export const productId = (number: number) => `P${String(number).padStart(5, '0')}`;
export const orderId = (number: number) => `O${String(number).padStart(8, '0')}`;
export const deliveryId = (number: number) => `D${String(number).padStart(8, '0')}`;
export const feedbackId = (number: number) => `F${String(number).padStart(8, '0')}`;
export const campaignId = (number: number) => `M${String(number).padStart(3, '0')}`;

/** Cents as a decimal literal. */
export function money(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}
