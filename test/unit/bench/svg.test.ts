// The line chart: what people see, and what must not happen to text in it.
import { expect, test } from 'vitest';
import { type Chart, lineChart, niceTicks, palette } from '../../../bench/svg.ts';

const chart: Chart = {
  title: 'Install',
  xTitle: 'resources',
  yTitle: 's',
  series: [
    {
      name: 'ours',
      colour: palette.blue,
      points: [
        { x: 60, y: 7.6 },
        { x: 200, y: 25, low: 24, high: 31 },
      ],
    },
    {
      name: 'bare API',
      colour: palette.grey,
      points: [
        { x: 60, y: 3 },
        { x: 200, y: 24 },
      ],
    },
  ],
  limit: { y: 30, name: 'limit' },
};

test('a chart is drawn as it was looked at', async () => {
  await expect(lineChart(chart)).toMatchFileSnapshot('golden/chart.svg');
});

test.each([
  [0, [0, 1]],
  [1, [0, 0.5, 1]],
  [3.05, [0, 1, 2, 3, 4]],
  [16, [0, 5, 10, 15, 20]],
  [220, [0, 100, 200, 300]],
  [400, [0, 100, 200, 300, 400]],
])('the axis up to %d has the ticks %j', (max, ticks) => {
  expect(niceTicks(max)).toEqual(ticks);
});

test('labels of lines that end close together do not overlap', () => {
  const places = [...lineChart(chart).matchAll(/y="([\d.]+)" style/g)].map((match) => Number(match[1]));
  expect(places).toHaveLength(2);
  expect(Math.abs((places[0] ?? 0) - (places[1] ?? 0))).toBeGreaterThanOrEqual(16);
});

test('text is escaped', () => {
  const svg = lineChart({ ...chart, title: 'a < b & "c"' });
  expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
  expect(svg).not.toContain('a < b');
});

test('one point is a dot', () => {
  const svg = lineChart({ ...chart, series: [{ name: 'ours', colour: palette.blue, points: [{ x: 60, y: 1 }] }] });
  expect(svg).toContain('<circle');
  expect(svg).not.toContain('stroke-width');
});
