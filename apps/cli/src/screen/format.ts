/** Made when it is needed: it takes as long as some dozen modules. */
let counts: Intl.NumberFormat | undefined;

export function formatCount(count: number): string {
  counts ??= new Intl.NumberFormat('en-US');
  return counts.format(Math.round(count));
}

/** Decimal units, as file managers show them. */
export function formatBytes(size_bytes: number): string {
  if (size_bytes < 1000) return `${size_bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = size_bytes / 1000;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** One line, at most `length` characters, control characters made visible: a rejected value may hold anything. */
export function formatValue(value: string, length = 60): string {
  const visible = JSON.stringify(value);
  return visible.length > length ? `${visible.slice(0, length - 1)}…` : visible;
}

/** Control characters would move the cursor or ring the bell; JSON leaves those from DEL on as they are. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => {
    const shown = JSON.stringify(char).slice(1, -1);
    return shown === char ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : shown;
  });
}
