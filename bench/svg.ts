// A line chart as SVG: few series over one number, readable on a light page and on a dark one, without any script.

/** One line. */
export interface Series {
  readonly name: string;
  /** CSS colour; one of {@link palette}. */
  readonly colour: string;
  /** Ascending in x; a bar is drawn where low and high differ. */
  readonly points: readonly Point[];
}

/** One measured figure. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

/** What is drawn; the first series on top. */
export interface Chart {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
  /** A line across, e.g. a target. */
  readonly limit?: { readonly y: number; readonly name: string };
}

/** Colours that stand out from white and from black, and from each other for those who see few. */
export const palette = {
  blue: '#2f81f7',
  orange: '#d9822b',
  grey: '#8b949e',
  green: '#3fa66b',
  purple: '#a371f7',
  red: '#d1524f',
} as const;

const size = { width: 720, height: 400 } as const;
const margin = { left: 64, right: 150, top: 48, bottom: 56 } as const;
const plot = {
  width: size.width - margin.left - margin.right,
  height: size.height - margin.top - margin.bottom,
} as const;

/** Draws; the same chart gives the same text. */
export function lineChart(chart: Chart): string {
  const points = chart.series.flatMap((series) => series.points);
  const yTicks = niceTicks(Math.max(...points.map(({ y, high = y }) => Math.max(y, high)), chart.limit?.y ?? 0));
  const xTicks = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const place = {
    x: scale({ max: Math.max(...xTicks), from: margin.left, to: margin.left + plot.width }),
    y: scale({ max: Math.max(...yTicks), from: margin.top + plot.height, to: margin.top }),
  };
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escaped(chart.title)}">`,
    '<style>text{font:12px system-ui,sans-serif;fill:#7d8590}.title{font-size:15px;font-weight:600}.grid{stroke:#7d8590;stroke-opacity:.25}.limit{stroke:#7d8590;stroke-dasharray:5 4}</style>',
    text({ x: margin.left, y: 24, anchor: 'start', content: chart.title, className: 'title' }),
    ...yTicks.flatMap((tick) => [
      `<path class="grid" d="M${margin.left} ${place.y(tick)}h${plot.width}"/>`,
      text({ x: margin.left - 8, y: place.y(tick) + 4, anchor: 'end', content: number(tick) }),
    ]),
    ...xTicks.map((tick) =>
      text({ x: place.x(tick), y: size.height - margin.bottom + 20, anchor: 'middle', content: number(tick) }),
    ),
    text({ x: margin.left + plot.width / 2, y: size.height - 12, anchor: 'middle', content: chart.xTitle }),
    text({ x: margin.left, y: margin.top - 8, anchor: 'start', content: chart.yTitle }),
    ...limitLine(chart, place),
    ...labelsOf(chart, place),
    ...chart.series.toReversed().flatMap((series) => seriesLines(series, place)),
    '</svg>',
  ].join('\n')}\n`;
}

interface Place {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** From 0, in steps of 1, 2 or 5 times a power of ten, up to `max` at least. */
export function niceTicks(max: number): readonly number[] {
  if (!(max > 0)) return [0, 1];
  const raw = max / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count + 1 }, (_none, index) => Number((index * step).toPrecision(12)));
}

function scale(range: { readonly max: number; readonly from: number; readonly to: number }): (value: number) => number {
  return (value) => Number((range.from + ((range.to - range.from) * value) / (range.max || 1)).toFixed(1));
}

function seriesLines(series: Series, place: Place): readonly string[] {
  const { colour, points } = series;
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${place.x(x)} ${place.y(y)}`).join('');
  return [
    ...(points.length < 2 ? [] : [`<path fill="none" stroke="${colour}" stroke-width="2" d="${path}"/>`]),
    ...points.flatMap(({ x, y, low = y, high = y }) => [
      ...(low === high ? [] : [`<path stroke="${colour}" d="M${place.x(x)} ${place.y(low)}V${place.y(high)}"/>`]),
      `<circle cx="${place.x(x)}" cy="${place.y(y)}" r="3.5" fill="${colour}"><title>${escaped(series.name)}, ${number(x)}: ${number(y)}</title></circle>`,
    ]),
  ];
}

function limitLine({ limit }: Chart, place: Place): readonly string[] {
  if (limit === undefined) return [];
  const y = place.y(limit.y);
  return [
    `<path class="limit" d="M${margin.left} ${y}h${plot.width}"/>`,
    text({ x: margin.left + 6, y: y - 6, anchor: 'start', content: limit.name }),
  ];
}

const labelHeight = 16;

/** The name and last value of each line at its end, moved apart where they would overlap. */
function labelsOf({ series }: Chart, place: Place): readonly string[] {
  const ends = series
    .flatMap(({ name, colour, points }) => {
      const last = points.at(-1);
      return last === undefined ? [] : [{ name, colour, x: place.x(last.x), y: place.y(last.y), value: last.y }];
    })
    .toSorted((a, b) => b.y - a.y);
  let above = Number.POSITIVE_INFINITY;
  return ends.map(({ name, colour, x, y, value }) => {
    above = Math.min(y + 4, above - labelHeight);
    const content = `${name} ${number(value)}`;
    return `<text x="${x + 10}" y="${above}" style="fill:${colour};font-weight:600">${escaped(content)}</text>`;
  });
}

function text(label: {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly content: string;
  readonly className?: string;
}): string {
  const { x, y, anchor, content, className } = label;
  const named = className === undefined ? '' : ` class="${className}"`;
  return `<text${named} x="${x}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

/** Three digits say all: 2.34, 23.4, 234, 2,340. */
function number(value: number): string {
  return Number(value.toPrecision(value >= 1_000 ? 6 : 3)).toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
