// What is shown, as the address says it: #/reports/NAME?country=France&month[gte]=2017_01&order=-amount&~split=country.
// Filters and order are the api's own; what is the page's begins with "~", which no column can.

export function read(hash) {
  const text = hash.replace(/^#?\/?/, "");
  const [path, query = ""] = split(text, "?");
  const out = { path: path.split("/").filter(Boolean).map(decode), filters: [], order: "", own: {} };
  for (const [name, value] of new URLSearchParams(query)) {
    if (name.startsWith("~")) out.own[name.slice(1)] = value;
    else if (name === "order") out.order = value;
    else if (name !== "cursor" && name !== "limit" && name !== "format") out.filters.push([name, value]);
  }
  return out;
}

export function write({ path, filters = [], order = "", own = {} }) {
  const query = new URLSearchParams(filters);
  if (order) query.append("order", order);
  for (const [name, value] of Object.entries(own)) if (value) query.append(`~${name}`, value);
  const text = readable(query);
  return `#/${path.map(encodeURIComponent).join("/")}${text ? "?" + text : ""}`;
}

// Brackets and tildes are left as people write them.
export function readable(query) {
  return query.toString().replaceAll("%5B", "[").replaceAll("%5D", "]").replaceAll("%7E", "~").replaceAll("%2C", ",");
}

// "month[gte]" as its column and comparison.
export function filterOf(name) {
  const found = /^(.*)\[(\w+)\]$/.exec(name);
  return found ? { column: found[1], comparison: found[2] } : { column: name, comparison: "eq" };
}

export function filterName({ column, comparison }) {
  return comparison === "eq" ? column : `${column}[${comparison}]`;
}

function split(text, sign) {
  const at = text.indexOf(sign);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
