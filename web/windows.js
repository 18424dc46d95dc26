// Calendar windows by their labels: where each stands on a time axis, and which come between. A label is what the
// report's definition made of the window's first moment, by a pattern of %Y %m %d %H %q.

const usual = {
  hour: "%Y-%m-%dT%H", day: "%Y-%m-%d", week: "%Y-%m-%d", month: "%Y-%m", quarter: "%Y-Q%q", year: "%Y",
};
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const digits = { Y: "(\\d{4})", m: "(\\d{2})", d: "(\\d{2})", H: "(\\d{2})", q: "([1-4])" };

// A reader of one window column: { unit, timed, start(label), label(ms), name(label) }.
export function windows(unit, pattern) {
  const used = pattern || usual[unit];
  const order = [...used.matchAll(/%([YmdHq])/g)].map((found) => found[1]);
  const source = used.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/%%/g, "%")
    .replace(/%([YmdHq])/g, (_, letter) => digits[letter]);
  const shape = new RegExp(`^${source}$`);
  const parts = (label) => {
    const found = shape.exec(label ?? "");
    return found && Object.fromEntries(order.map((letter, i) => [letter, Number(found[i + 1])]));
  };
  // A label without its year stands for that part of every year: it has an order and no place in time.
  const timed = order.includes("Y");

  // The window's first moment in milliseconds; null where the label is none. In the window's own clock, as if it
  // were UTC: an axis shows the label's time, wherever its reader is.
  const start = (label) => {
    const p = parts(label);
    if (!p || !timed) return null;
    const month = p.m !== undefined ? p.m - 1 : p.q !== undefined ? (p.q - 1) * 3 : 0;
    const at = new Date(0);
    at.setUTCFullYear(p.Y, month, p.d ?? 1);
    at.setUTCHours(p.H ?? 0);
    return at.getTime();
  };

  const name = (label) => {
    if (timed) {
      const at = start(label);
      return at === null ? label ?? "" : nameOf(unit, at);
    }
    const p = parts(label);
    return p && unit === "month" && order.length === 1 && months[p.m - 1] ? months[p.m - 1] : label ?? "";
  };
  return { unit, timed, start, name };
}

export function nameOf(unit, ms) {
  const at = new Date(ms);
  const year = String(at.getUTCFullYear());
  const month = months[at.getUTCMonth()];
  switch (unit) {
    case "year": return year;
    case "quarter": return `Q${Math.floor(at.getUTCMonth() / 3) + 1} ${year}`;
    case "month": return `${month} ${year}`;
    case "hour": return `${at.getUTCDate()} ${month} ${year}, ${String(at.getUTCHours()).padStart(2, "0")}:00`;
    default: return `${at.getUTCDate()} ${month} ${year}`;
  }
}

export function next(unit, ms) {
  const at = new Date(ms);
  switch (unit) {
    case "hour": return ms + 3_600_000;
    case "day": return ms + 86_400_000;
    case "week": return ms + 7 * 86_400_000;
    case "month": return at.setUTCMonth(at.getUTCMonth() + 1);
    case "quarter": return at.setUTCMonth(at.getUTCMonth() + 3);
    default: return at.setUTCFullYear(at.getUTCFullYear() + 1);
  }
}

// Every window from the first to the last, so that one without rows is seen as one. Bounded: beyond `most` only
// those with rows stand there.
export function filled(unit, starts, most = 2000) {
  const known = [...new Set(starts)].sort((a, b) => a - b);
  const out = [];
  for (let at = known[0], i = 0; i < known.length; at = next(unit, at)) {
    if (out.length >= most) return known;
    if (known[i] < at) return known;  // windows that do not follow each other by the calendar, as in a time zone
    if (known[i] === at) i += 1;
    out.push(at);
  }
  return out;
}

// Where an axis of these windows has its ticks: at the starts of windows, then of months or years, as many as there is
// room for. Weeks start on a day of their own, so their ticks are taken from among them.
export function ticks(unit, labels, most) {
  const min = labels[0];
  const max = labels[labels.length - 1];
  if (unit === "week" && labels.length <= 3 * most) {
    const every = Math.ceil(labels.length / most);
    return labels.filter((_, i) => i % every === 0).map((value) => ({ value, unit: "day" }));
  }
  const from = steps.findIndex(([, step, count]) => `${count} ${step}` === finest[unit]);
  const [, step, count] = steps.slice(from).find(([size]) => (max - min) / size <= most) ?? steps[steps.length - 1];
  const out = [];
  for (let at = floorTo(step, count, min); at <= max && out.length < 200; at = following(step, count, at)) {
    if (at >= min) out.push({ value: at, unit: step });
  }
  return out;
}

const hour = 3_600_000;
const day = 24 * hour;
const steps = [
  [hour, "hour", 1], [3 * hour, "hour", 3], [6 * hour, "hour", 6], [12 * hour, "hour", 12],
  [day, "day", 1], [2 * day, "day", 2], [7 * day, "day", 7], [14 * day, "day", 14],
  [30 * day, "month", 1], [61 * day, "month", 2], [91 * day, "month", 3], [182 * day, "month", 6],
  [365 * day, "year", 1], [730 * day, "year", 2], [1826 * day, "year", 5], [3652 * day, "year", 10],
  [9131 * day, "year", 25], [36524 * day, "year", 100],
];
const finest = { hour: "1 hour", day: "1 day", week: "1 month", month: "1 month", quarter: "3 month", year: "1 year" };

function floorTo(unit, count, ms) {
  const at = new Date(ms);
  if (unit === "year") return Date.UTC(Math.floor(at.getUTCFullYear() / count) * count, 0, 1);
  if (unit === "month") return Date.UTC(at.getUTCFullYear(), Math.floor(at.getUTCMonth() / count) * count, 1);
  const size = (unit === "day" ? day : hour) * count;
  return Math.floor(ms / size) * size;
}

function following(unit, count, ms) {
  const at = new Date(ms);
  if (unit === "year") return at.setUTCFullYear(at.getUTCFullYear() + count);
  if (unit === "month") return at.setUTCMonth(at.getUTCMonth() + count);
  return ms + (unit === "day" ? day : hour) * count;
}

// The first one says the year too.
export function tickName({ value, unit }, i) {
  const at = new Date(value);
  const year = String(at.getUTCFullYear());
  const month = months[at.getUTCMonth()];
  const date = `${at.getUTCDate()} ${month}`;
  const isFirst = i === 0;
  if (unit === "year") return year;
  if (unit === "month") return isFirst ? `${month} ${year}` : at.getUTCMonth() === 0 ? year : month;
  if (unit === "day") return isFirst ? `${date} ${year}` : date;
  const time = `${String(at.getUTCHours()).padStart(2, "0")}:00`;
  return isFirst ? `${date} ${year}, ${time}` : at.getUTCHours() === 0 ? date : time;
}
