// A plot of series.js's values, drawn by Chart.js on a canvas. For those who do not see it there is a slider that reads
// it out point by point, and the table below it has every number.

import { h, replace } from "./dom.js";
import { rough, shown } from "./exact.js";
import { nameOf, next, tickName, ticks } from "./windows.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const seriesColor = (i) => color(`series-${(i % 8) + 1}`);

export class Plot {
  constructor(title) {
    this.canvas = h("canvas", { role: "img", "aria-label": `${title}: the plot is being drawn` });
    this.box = h("div", { class: "plot-box" }, this.canvas);
    this.legend = h("ul", { class: "legend", "aria-label": "Series" });
    this.said = h("output", { class: "reading" });
    this.slider = h("input", { type: "range", class: "reader", min: "0", step: "1", value: "0",
      "aria-label": `Read ${title} point by point`, oninput: () => this.read(Number(this.slider.value)) });
    this.element = h("div", { class: "plot" }, this.legend, this.box, h("div", { class: "reader-row" }, this.slider, this.said));
    this.hidden = new Set();
    this.chart = null;
    this.kind = "";
  }

  close() {
    this.chart?.destroy();
    this.chart = null;
  }

  // model: { unit, labels, names, series }, kind: "time", "ordered" or "ranking"
  draw(asked, askedKind, measure) {
    const { model, kind, axis } = drawable(asked, askedKind, measure);
    this.model = model;
    const timed = kind === "time";
    const lines = timed && model.series.length > 1;
    const shape = `${kind}:${lines}`;
    if (this.chart && this.kind !== shape) this.close();
    this.kind = shape;
    this.box.style.height = kind === "ranking" ? `${4 + Math.max(3, model.labels.length) * 1.75}rem` : "";
    this.canvas.setAttribute("aria-label", summary(model, kind, axis));
    this.drawLegend();
    const data = dataOf(model, timed, lines, this.hidden);
    const options = optionsOf(model, kind, axis);
    if (this.chart) {
      this.chart.data.labels = data.labels;
      data.datasets.forEach((set, i) => {
        if (this.chart.data.datasets[i]) Object.assign(this.chart.data.datasets[i], set);
        else this.chart.data.datasets.push(set);
      });
      this.chart.data.datasets.length = data.datasets.length;
      this.chart.options = options;
      this.chart.update();
    } else {
      this.chart = new globalThis.Chart(this.canvas, { type: lines ? "line" : "bar", data, options });
    }
    this.slider.max = String(Math.max(0, model.labels.length - 1));
    this.slider.setAttribute("aria-valuetext", this.words(Number(this.slider.value)));
  }

  drawLegend() {
    const { series } = this.model;
    this.legend.hidden = series.length < 2;
    replace(this.legend, series.map(({ name }, i) => {
      const swatch = h("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.backgroundColor = seriesColor(i);
      return h("li", {}, h("button", { type: "button", "aria-pressed": String(!this.hidden.has(name)),
        onclick: (event) => this.toggle(name, event.currentTarget) }, swatch, name));
    }));
  }

  toggle(name, button) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
    this.chart.data.datasets.forEach((set, i) => this.chart.setDatasetVisibility(i, !this.hidden.has(set.label)));
    this.chart.update();
  }

  words(i) {
    const { labels, names, series, unit } = this.model;
    if (i >= labels.length) return "";
    const at = names ? names[i] : nameOf(unit, labels[i]);
    const values = series.filter(({ name }) => !this.hidden.has(name))
      .map(({ name, values }) => `${series.length > 1 ? name + " " : ""}${values[i] === null ? "none" : shown(values[i])}`);
    return `${at}: ${values.join(", ")}`;
  }

  read(i) {
    const words = this.words(i);
    this.slider.setAttribute("aria-valuetext", words);
    replace(this.said, words);
    const elements = this.model.series.map((_, datasetIndex) => ({ datasetIndex, index: i }))
      .filter(({ datasetIndex }) => this.chart.isDatasetVisible(datasetIndex));
    this.chart.setActiveElements(elements);
    this.chart.tooltip.setActiveElements(elements, { x: 0, y: 0 });
    this.chart.update("none");
  }
}

// A line of one point is none: a single window's series stand beside each other as bars.
function drawable(model, kind, measure) {
  if (kind !== "time" || model.labels.length !== 1 || model.series.length < 2) return { model, kind, axis: measure };
  const values = model.series.map((series) => series.values[0]);
  return {
    kind: "ranking",
    axis: `${measure}, ${nameOf(model.unit, model.labels[0])}`,
    model: { labels: values.map((_, i) => i), names: model.series.map(({ name }) => name), series: [{ name: measure, values }] },
  };
}

function dataOf(model, timed, lines, hidden) {
  const many = model.labels.length > 90;
  return {
    labels: timed ? undefined : model.names,
    datasets: model.series.map(({ name, values }, i) => ({
      label: name,
      hidden: hidden.has(name),
      data: values.map((value, at) => {
        const number = value === null ? null : Number(value);
        return timed ? { x: model.labels[at], y: number } : number;
      }),
      borderColor: seriesColor(i),
      backgroundColor: seriesColor(i),
      ...(lines
        ? { borderWidth: 2, pointRadius: many ? 0 : 2.5, pointHoverRadius: 5, tension: 0 }
        : { borderRadius: 3, maxBarThickness: 44, categoryPercentage: 0.8, barPercentage: 0.9 }),
    })),
  };
}

function timeScale(model) {
  const first = model.labels[0];
  const last = model.labels[model.labels.length - 1];
  const half = (next(model.unit, first) - first) / 2;
  const bars = model.series.length === 1;
  return {
    type: "linear",
    min: bars ? first - half : first,
    max: bars ? last + half : Math.max(last, first + 1),
    offset: false,
    afterBuildTicks: (scale) => { scale.ticks = ticks(model.unit, model.labels, Math.max(2, Math.floor(scale.width / 80))); },
    ticks: { callback: (value, i, all) => tickName(all[i], i), maxRotation: 0, autoSkip: false },
    grid: { display: false },
  };
}

function optionsOf(model, kind, axis) {
  const timed = kind === "time";
  const across = kind === "ranking";
  const text = { color: color("dim") };
  const values = {
    beginAtZero: true,
    title: { display: true, text: axis, ...text },
    ticks: { callback: (value) => rough(value), maxTicksLimit: 7 },
    grid: { color: color("line") },
    border: { display: false },
  };
  const names = timed ? timeScale(model) : {
    type: "category",
    grid: { display: false },
    ticks: {
      autoSkip: !across,
      maxRotation: 0,
      callback(value) {
        const name = this.getLabelForValue(value);
        const most = Math.max(16, Math.floor(this.chart.width / 20));
        return name.length > most ? name.slice(0, most - 1) + "…" : name;
      },
    },
  };
  for (const scale of [values, names]) {
    Object.assign(scale.ticks, text);
    scale.border = { color: color("line"), ...scale.border };
  }
  return {
    responsive: true,
    maintainAspectRatio: false,
    layout: { padding: { top: 6, right: 10 } },
    clip: 8,
    animation: still.matches ? false : { duration: 350 },
    indexAxis: across ? "y" : "x",
    interaction: { mode: "index", axis: across ? "y" : "x", intersect: false },
    font: { family: color("font") },
    scales: across ? { x: values, y: names } : { x: names, y: values },
    plugins: {
      legend: { display: false },
      tooltip: {
        backgroundColor: color("ink"), titleColor: color("paper"), bodyColor: color("paper"),
        padding: 10, cornerRadius: 6, boxPadding: 4, usePointStyle: true,
        callbacks: {
          title: (items) => (items.length === 0 ? ""
            : model.names ? model.names[items[0].dataIndex] : nameOf(model.unit, model.labels[items[0].dataIndex])),
          // The text that came, not the number it was drawn by.
          label: (item) => `${item.dataset.label}  ${shown(model.series[item.datasetIndex].values[item.dataIndex] ?? "none")}`,
        },
      },
    },
  };
}

function summary(model, kind, axis) {
  const { labels, names, series, unit } = model;
  if (labels.length === 0) return `${axis}: nothing to plot`;
  const named = (i) => (names ? names[i] : nameOf(unit, labels[i]));
  const range = `${named(0)} to ${named(labels.length - 1)}`;
  if (kind === "ranking") return `${axis}, the greatest ${labels.length}: bars from ${range}`;
  const by = series.length > 1 ? `, one line for each of ${series.map(({ name }) => name).join(", ")}` : "";
  return `${axis} from ${range}${by}`;
}
