// Numbers as the texts they came as. Sums are whole numbers of the smallest digit (BigInt), so that a total shown here
// has the cents that the database has. Only where a pixel is wanted does a number become a double.

const shape = /^(-?)(\d+)(?:\.(\d+))?$/;

// A number's text as a BigInt of its last digit's unit, and how many digits stand behind the point.
function read(text) {
  const found = shape.exec(text);
  if (!found) throw new Error(`"${text}" is not a number`);
  const [, sign, whole, fraction = ""] = found;
  return { units: BigInt(sign + whole + fraction), scale: fraction.length };
}

function write({ units, scale }) {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  return sign + digits.slice(0, point) + (scale > 0 ? "." + digits.slice(point) : "");
}

function aligned(number, scale) {
  return number.units * 10n ** BigInt(scale - number.scale);
}

export function add(a, b) {
  const left = read(a);
  const right = read(b);
  const scale = Math.max(left.scale, right.scale);
  return write({ units: aligned(left, scale) + aligned(right, scale), scale });
}

// Less than zero, zero, more than zero.
export function compare(a, b) {
  const left = read(a);
  const right = read(b);
  const scale = Math.max(left.scale, right.scale);
  const difference = aligned(left, scale) - aligned(right, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

// "1234567.50" is shown as 1,234,567.50: every digit, thousands set apart.
export function shown(text) {
  const found = shape.exec(text);
  if (!found) return text;
  const [, sign, whole, fraction] = found;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return (sign ? "−" : "") + grouped + (fraction === undefined ? "" : "." + fraction);
}

// For an axis: short, and never taken for the value itself.
export function rough(value) {
  const size = Math.abs(value);
  for (const [unit, name] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (size >= unit) return `${Number((value / unit).toPrecision(3))}${name}`.replace("-", "−");
  }
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

export function bytes(text) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = Number(text);
  let at = 0;
  for (; size >= 1000 && at + 1 < units.length; at += 1) size /= 1000;
  return `${at === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${units[at]}`;
}
