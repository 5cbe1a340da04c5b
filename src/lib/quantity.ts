// Quantities as Kubernetes writes them: 10Gi, 500M, 1e3, 1500m. Pure.

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number; undefined where the text is no quantity. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([A-Za-z]{0,2})$/.exec(text);
  const factor = factors[match?.[2] ?? 'none'];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

const binaryUnits = ['Gi', 'Mi', 'Ki'] as const;

/** Bytes as people read them: `21Gi`, `1.5Gi`, `512`. */
export function formatBytes(bytes: number): string {
  const unit = binaryUnits.find((one) => bytes >= (factors[one] ?? 1)) ?? '';
  return `${Math.round((bytes / (factors[unit] ?? 1)) * 10) / 10}${unit}`;
}
