"use strict";
// The table of problems: the data are columns in #problem-data, and the table holds one page of rows at a time.
(() => {
  const at = (id) => document.getElementById(id);
  const data = JSON.parse(at("problem-data").textContent);
  const size = data.c.length;

  const unrolled = (runs) => {
    const values = new Float64Array(size);
    for (let i = 0, end = 0; i < runs.length; i += 2) values.fill(runs[i], end, end += runs[i + 1]);
    return values;
  };
  const summed = (steps) => {
    const values = unrolled(steps);
    for (let i = 1; i < size; i++) values[i] += values[i - 1];
    return values;
  };

  const n = unrolled(data.n);
  const c = Float64Array.from(data.c);
  const group = unrolled(data.rows.flatMap((length, number) => [number, length]));
  const keys = [
    ...data.by.map((key, place) => ({ ...key, texts: data.groups.map((names) => names[place]), code: group })),
    ...data.problem.map((key, place) => ({ ...key, texts: data.keys[place].texts, code: summed(data.keys[place].steps) })),
  ];

  // Unbiased estimates, as products: k of the n samples are drawn without replacement, c of them passed.
  const failing = (n, c, k) => {
    if (k > n - c) return 0;
    let product = 1;
    if (c < k) for (let i = 0; i < c; i++) product *= (n - k - i) / (n - i);
    else for (let i = 0; i < k; i++) product *= (n - c - i) / (n - i);
    return product;
  };
  const estimators = {
    pass: (n, c, k) => 1 - failing(n, c, k),
    alpha: (n, c, k) => k * failing(n, c, k - 1),
    signal: (n, c, k) => (c === 0 ? 0 : (k * c / n) * failing(n - 1, c - 1, k - 1)),
  };
  const estimated = (name, k) => {
    const known = new Map();
    const values = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const pair = `${n[i]},${c[i]}`;
      let value = known.get(pair);
      if (value === undefined) known.set(pair, value = k > n[i] ? NaN : estimators[name](n[i], c[i], k));
      values[i] = value;
    }
    return values;
  };
  const ranked = ({ texts, code, number }) => {
    const order = texts.map((_, i) => i);
    const compared = number ? (a, b) => texts[a] - texts[b] : (a, b) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : 0);
    const rank = new Int32Array(texts.length);
    order.sort(compared).forEach((text, place) => { rank[text] = place; });
    return Float64Array.from(code, (text) => rank[text]);
  };

  // Ties go to the even digit, as Python has it; only multiples of 1/32 can be ties.
  const fixed = (value, digits) => {
    const unit = 10 ** digits, down = Math.floor(value * unit);
    const isTie = value * unit - down === 0.5 && (value * 32) % 1 === 0;
    return isTie && down % 2 === 0 ? (down / unit).toFixed(digits) : value.toFixed(digits);
  };
  const shown = (value) => {
    if (Number.isNaN(value)) return "\u2013";
    if (value > 0 && value < 0.001) return value.toExponential(2).replace("-", "\u2212").replace(/e\u2212(\d)$/, "e\u22120$1");
    const text = fixed(value, value >= 1 ? Math.max(0, 4 - Math.floor(Math.log10(value))) : 4);
    if (value >= 1 || text !== "1.0000") return text;
    // What is below 1 is never shown as 1.
    return value.toFixed(Math.min(9, Math.ceil(-Math.log10(1 - value)))).replace(/^1.*/, "0.999999999");
  };

  let k = Number(at("k").value);
  let columns = [];
  const lay = () => {
    const rates = Float64Array.from(c, (passed, i) => passed / n[i]);
    const whole = (title, values) => ({ title, values, text: (row) => values[row].toLocaleString("en-US") });
    const real = (title, values) => ({ title, values, text: (row) => shown(values[row]) });
    columns = [
      ...keys.map((key) => ({ title: key.name, key: true, number: key.number, long: key.texts.some((text) => text.length > 10), values: ranked(key), text: (row) => key.texts[key.code[row]] })),
      whole("n", n), whole("c", c), real("c / n", rates),
      real(`pass@${k}`, estimated("pass", k)), real(`alpha_${k}`, estimated("alpha", k)), real("signal", estimated("signal", k)),
    ];
  };

  let rows = Uint32Array.from({ length: size }, (_, i) => i);
  let sorted = { column: -1, descending: false };
  let page = 0;
  const sort = () => {
    if (sorted.column < 0) return;
    const { values } = columns[sorted.column];
    const sign = sorted.descending ? -1 : 1;
    // What is missing is last in both directions; ties keep the order of the log.
    rows.sort((a, b) => {
      const x = values[a], y = values[b];
      if (x === y) return a - b;
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && Number.isNaN(y) ? a - b : Number.isNaN(x) ? 1 : -1;
      return x < y ? -sign : sign;
    });
  };
  const filter = () => {
    const wanted = at("find").value.trim().toLowerCase();
    const only = at("group") === null || at("group").value === "" ? -1 : Number(at("group").value);
    const hits = keys.slice(data.by.length).map((key) => key.texts.map((text) => text.toLowerCase().includes(wanted)));
    const codes = keys.slice(data.by.length).map((key) => key.code);
    const kept = [];
    for (let i = 0; i < size; i++) {
      if (only >= 0 && group[i] !== only) continue;
      if (wanted === "" || hits.some((hit, place) => hit[codes[place][i]])) kept.push(i);
    }
    rows = Uint32Array.from(kept);
    page = 0;
    sort();
  };

  const look = (column) => (column.key && !column.number ? (column.long ? { class: "long" } : {}) : { class: "number" });
  const made = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    if (text !== null) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const table = document.querySelector("#problem-table table");
  const head = table.tHead.rows[0];
  const heads = () => {
    head.replaceChildren(...columns.map((column, place) => {
      const cell = made("th", null, { scope: "col", ...look(column) });
      if (place === sorted.column) cell.setAttribute("aria-sort", sorted.descending ? "descending" : "ascending");
      const button = made("button", column.title, { type: "button" });
      button.addEventListener("click", () => {
        // The largest first, but names from the start.
        const first = !column.key;
        sorted = { column: place, descending: place === sorted.column ? !sorted.descending : first };
        page = 0;
        sort();
        heads();
        draw();
        head.cells[place].firstChild.focus();
      });
      cell.append(button);
      return cell;
    }));
    table.caption.firstChild.textContent = `Problems, at k = ${k}`;
  };

  const [previous, next] = ["Previous", "Next"].map((text) => made("button", text, { type: "button" }));
  const where = made("span", "");
  const draw = () => {
    const start = page * data.page, end = Math.min(rows.length, start + data.page);
    table.tBodies[0].replaceChildren(...Array.from(rows.subarray(start, end), (row) => {
      const line = document.createElement("tr");
      line.append(...columns.map((column) => made(column.key ? "th" : "td", column.text(row), {
        ...(column.key ? { scope: "row" } : {}), ...look(column),
      })));
      return line;
    }));
    const all = rows.length.toLocaleString("en-US");
    at("problem-status").textContent = rows.length === 0 ? "No problem matches." :
      `Rows ${(start + 1).toLocaleString("en-US")} to ${end.toLocaleString("en-US")} of ${all}` +
      (rows.length < size ? `, of ${size.toLocaleString("en-US")} in all.` : ".");
    previous.disabled = page === 0;
    next.disabled = end >= rows.length;
    where.textContent = `Page ${(page + 1).toLocaleString("en-US")} of ${Math.max(1, Math.ceil(rows.length / data.page)).toLocaleString("en-US")}`;
  };
  const turned = (by) => () => { page += by; draw(); };
  previous.addEventListener("click", turned(-1));
  next.addEventListener("click", turned(1));
  at("problem-pages").append(previous, where, next);

  at("problem-controls").addEventListener("submit", (event) => event.preventDefault());
  at("problem-controls").addEventListener("input", (event) => {
    if (event.target.id === "k") {
      k = Number(event.target.value);
      lay();
      heads();
      page = 0;
      sort();
    } else filter();
    draw();
  });
  lay();
  heads();
  draw();
  at("problem-controls").hidden = false;
  at("problem-pages").hidden = size <= data.page;
})();
