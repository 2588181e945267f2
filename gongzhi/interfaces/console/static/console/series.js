// Draws the course of a warning's series from the equal table, as SVG.

const box = document.getElementById('series');
const rows = [...document.querySelectorAll('#course tbody tr')].reverse();
const { echarts } = window;

const number = (text) => (text === '' || text === undefined ? null : Number(text));
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const one = (value) => (value === null ? '–' : String(Math.round(value * 10) / 10));

function runs(test) {
  const found = [];
  rows.forEach((row, place) => {
    if (!test(row)) return;
    const before = found.at(-1);
    if (before && before[1] === place - 1) before[1] = place;
    else found.push([place, place]);
  });
  return found;
}

function draw() {
  const words = box.dataset;
  const ink = colour('--ink');
  const quiet = colour('--ink-2');
  const days = rows.map((row) => row.dataset.day.slice(5));
  const low = rows.map((row) => number(row.dataset.low));
  const bound = rows.map((row) => number(row.dataset.bound));
  const judged = rows.findIndex((row) => 'judged' in row.dataset);
  const area = (found, itemStyle, name) => found.map(([from, to]) => [
    { xAxis: days[from], name, itemStyle, label: { show: false } }, { xAxis: days[to] },
  ]);
  const line = (name, data, more) => ({
    name, data, type: 'line', symbol: 'none', silent: true, connectNulls: false, ...more,
  });
  const chart = echarts.init(box, null, { renderer: 'svg' });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    grid: { left: 44, right: 16, top: 36, bottom: 28 },
    legend: {
      top: 0, left: 0, itemWidth: 18, itemGap: 20, textStyle: { color: ink },
      data: [words.count, words.expected, words.bound],
    },
    tooltip: {
      trigger: 'axis', renderMode: 'richText', backgroundColor: colour('--ground'),
      borderColor: ink, textStyle: { color: ink },
      formatter: (found) => {
        const row = rows[found[0].dataIndex].dataset;
        return [
          row.day, `${words.count}: ${row.count === '' ? words.missing : row.count}`,
          `${words.expected}: ${one(number(row.expected))}`,
          `${words.bound}: ${one(number(row.bound))}`,
        ].join('\n');
      },
    },
    xAxis: {
      type: 'category', data: days, axisTick: { show: false },
      axisLine: { lineStyle: { color: quiet } }, axisLabel: { color: quiet },
    },
    yAxis: {
      type: 'value', minInterval: 1, axisLabel: { color: quiet },
      splitLine: { lineStyle: { color: colour('--rule') } },
    },
    series: [
      line('low', low, { stack: 'band', lineStyle: { opacity: 0 } }),
      line(words.usual, bound.map((top, place) => (top === null ? null : top - (low[place] ?? 0))), {
        stack: 'band', lineStyle: { opacity: 0 }, areaStyle: { color: ink, opacity: 0.08 },
      }),
      line(words.bound, bound, { lineStyle: { color: ink, width: 1, type: 'dashed' }, itemStyle: { color: ink } }),
      line(words.expected, rows.map((row) => number(row.dataset.expected)), {
        lineStyle: { color: quiet, width: 1 }, itemStyle: { color: quiet },
      }),
      {
        name: words.count, type: 'bar', barMaxWidth: 7, barCategoryGap: '55%', itemStyle: { color: ink },
        data: rows.map((row, place) => ({
          value: number(row.dataset.count),
          itemStyle: place === judged ? { color: colour(`--${words.level}`) } : undefined,
        })),
        markArea: {
          silent: true,
          data: [
            ...area(runs((row) => 'used' in row.dataset), { color: colour('--rule'), opacity: 0.45 }, words.used),
            ...area(runs((row) => row.dataset.count === ''), { color: quiet, opacity: 0.3 }, words.missing),
          ],
        },
      },
    ],
  });
  new ResizeObserver(() => chart.resize()).observe(box);
  box.dataset.ready = 'true';
}

if (box && echarts && rows.length) {
  box.hidden = false;
  draw();
}
