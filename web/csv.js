// CSV as the api writes it: RFC 4180, LF, nothing for null and "" for an empty text. Read as CSV because a cell is
// then the very text the server sent: no digit of an amount goes through a floating-point number.

// parse(text): rows of cells, the header first; a cell is a string, or null.
export function parse(text) {
  const rows = [];
  let at = 0;
  while (at < text.length) {
    const row = [];
    for (;;) {
      const quoted = text[at] === '"';
      let cell;
      if (quoted) {
        [cell, at] = quotedCell(text, at + 1);
      } else {
        const end = endOfCell(text, at);
        cell = end === at ? null : text.slice(at, end);
        at = end;
      }
      row.push(cell);
      if (text[at] !== ",") break;
      at += 1;
    }
    rows.push(row);
    at += 1;  // the line's end
  }
  return rows;
}

function endOfCell(text, from) {
  let at = from;
  while (at < text.length && text[at] !== "," && text[at] !== "\n") at += 1;
  return at;
}

// Its text, and where it ended.
function quotedCell(text, from) {
  let out = "";
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) throw new Error("the answer broke off inside a quoted cell");
    out += text.slice(at, quote);
    if (text[quote + 1] !== '"') return [out, quote + 1];
    out += '"';
    at = quote + 2;
  }
}
