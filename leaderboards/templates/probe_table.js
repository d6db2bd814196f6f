// The table of every item of a probe: search, filters, sorting, and rows that open.
(() => {
  const browser = document.getElementById("probe-browser");
  if (!browser) return;
  const data = JSON.parse(document.getElementById("probe-data").textContent);
  const PAGE = window.matchMedia("(max-width: 720px)").matches ? 10 : 25;
  const PREVIEW = 110;
  const input = name => document.getElementById(`probe-${name}`);
  const [search, setSelect, filterSelect] = ["search", "set", "filter"].map(input);

  // A row is [set, id, prefix, suffix, continuation, exact, ROUGE-L, log-probability, flags, group,
  // reason]; a flag is [test, q, flagged].
  const items = data.rows.map(
    ([set, id, prefix, suffix, continuation, exact, rouge, logprob, flags, group, reason], order) =>
      ({set, id, prefix, suffix, continuation, exact, rouge, logprob, flags, group, reason, order}));
  const flagged = row => row.flags.some(flag => flag[2]);
  const smallestQ = row => row.flags.length ? Math.min(...row.flags.map(flag => flag[1])) : null;
  function qText(row) {
    const q = smallestQ(row);
    return q === null ? "–" : `${q.toPrecision(2)}${flagged(row) ? " flagged" : ""}`;
  }
  const words = row => row.words ??= [row.id, row.prefix, row.suffix, row.continuation, row.group]
    .join("\n").toLowerCase();

  const number = value => value === null ? "–" : value.toFixed(2).replace("-", "\u2212");
  const verdict = row => row.reason ? "not scored" : row.exact === null ? "–" : row.exact ? "yes" : "no";
  // The text of a problem, and its columns: what they sort by and what they show.
  const TEXT = {key: "text", title: "text", value: row => row.prefix.toLowerCase()};
  const parts = items.some(row => row.group)
    ? [{key: "group", title: "part", value: row => row.group || null, text: row => row.group || "–"}] : [];
  const cells = [
    {key: "set", title: "set", value: row => row.set, text: row => data.sets[row.set]},
    ...parts,
    {key: "exact", title: "exact", value: row => row.exact === null ? null : Number(row.exact), text: verdict},
    {key: "rouge", title: "ROUGE-L", value: row => row.rouge, text: row => number(row.rouge)},
    {key: "logprob", title: "log-prob", value: row => row.logprob, text: row => number(row.logprob)},
    {key: "q", title: "smallest q", value: smallestQ, text: qText},
  ];
  const columns = [TEXT, ...cells];
  // Texts begin with the first, q with the smallest, other numbers with the largest.
  const ASCENDING = ["text", "set", "group", "q"];
  const state = {page: 0, sort: null, down: false, open: new Set()};
  const FILTERS = {
    flagged,
    exact: row => row.exact === true,
    almost: row => row.exact === false && row.rouge >= 0.8,
    unscored: row => row.reason !== null,
  };

  function shownRows() {
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const filter = FILTERS[filterSelect.value];
    const rows = items.filter(row =>
      (setSelect.value === "" || row.set === Number(setSelect.value)) &&
      (!filter || filter(row)) && terms.every(term => words(row).includes(term)));
    const column = columns.find(({key}) => key === state.sort);
    if (!column) return rows;
    const sign = state.down ? -1 : 1;
    const compare = (a, b) => typeof a === "string"
      ? a.localeCompare(b, "en", {numeric: true}) : a - b;
    return rows.map(row => [column.value(row), row]).sort(([a, x], [b, y]) => {
      if (a === null || b === null) return (a === null) - (b === null) || x.order - y.order;
      return sign * compare(a, b) || x.order - y.order;
    }).map(([, row]) => row);
  }

  function heads() {
    document.getElementById("probe-heads").replaceChildren(...columns.map(({key, title}) => {
      const head = element("th");
      head.scope = "col";
      const sorted = state.sort === key;
      head.setAttribute("aria-sort", sorted ? (state.down ? "descending" : "ascending") : "none");
      const button = element("button", "sort", title);
      button.type = "button";
      button.dataset.key = key;
      button.append(element("span", "arrow", sorted ? (state.down ? " ▼" : " ▲") : ""));
      button.addEventListener("click", () => {
        // A third click restores the order of the sets.
        const first = !ASCENDING.includes(key);
        if (!sorted) [state.sort, state.down] = [key, first];
        else if (state.down === first) state.down = !first;
        else state.sort = null;
        state.page = 0;
        draw();
        document.querySelector(`#probe-heads [data-key="${key}"]`).focus();
      });
      head.append(button);
      return head;
    }));
  }

  function labelled(label, text, className) {
    const cell = element("td", className, text);
    cell.dataset.label = label;
    return cell;
  }

  function rowsOf(row, place) {
    const line = element("tr", "problem");
    const first = element("th");
    first.scope = "row";
    const open = state.open.has(row);
    const toggle = element("button", "toggle");
    toggle.type = "button";
    toggle.setAttribute("aria-expanded", String(open));
    toggle.setAttribute("aria-controls", `probe-detail-${place}`);
    const preview = row.prefix.length > PREVIEW ? `${row.prefix.slice(0, PREVIEW)}…` : row.prefix;
    toggle.append(element("span", "chevron", open ? "▾" : "▸"), element("span", "preview", preview));
    first.append(toggle);
    line.append(first, ...cells.map(({key, title, text}) =>
      labelled(title, text(row), key === "q" && flagged(row) ? "flagged" : "")));
    const detail = element("tr", "detail");
    detail.id = `probe-detail-${place}`;
    detail.hidden = !open;
    if (open) fill(detail, row);
    toggle.addEventListener("click", () => {
      const opens = detail.hidden;
      if (opens) {
        state.open.add(row);
        fill(detail, row);
      } else state.open.delete(row);
      detail.hidden = !opens;
      toggle.setAttribute("aria-expanded", String(opens));
      toggle.firstChild.textContent = opens ? "▾" : "▸";
    });
    return [line, detail];
  }

  // The words of two texts as [space before it, word, whether it is in their longest common
  // subsequence]. A text has at most some 1,800 characters, so the square of its words is small.
  function aligned(...texts) {
    const [a, b] = texts.map(text => [...text.matchAll(/(\s*)(\S+)/g)].map(([, space, word]) => [space, word]));
    const best = Array.from({length: a.length + 1}, () => new Uint16Array(b.length + 1));
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        best[i][j] = a[i][1] === b[j][1]
          ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
      }
    }
    for (let i = 0, j = 0; i < a.length && j < b.length;) {
      if (a[i][1] === b[j][1]) {
        a[i++].push(true);
        b[j++].push(true);
      } else if (best[i + 1][j] >= best[i][j + 1]) i++;
      else j++;
    }
    return [a, b];
  }

  function marked(title, pieces) {
    const box = element("div", "checkpoint");
    box.append(element("h4", "", title));
    if (pieces.length === 0) box.append(element("p", "note", "empty"));
    else {
      const text = element("div", "text");
      pieces.forEach(([space, word, same], place) => text.append(
        place === 0 && space === " " ? "" : space, same ? word : element("mark", "", word)));
      box.append(text);
    }
    return box;
  }

  function fill(detail, row) {
    const cell = element("td");
    cell.colSpan = columns.length;
    const flags = row.flags.map(([test, q, hit]) => `${test}: q ${q}${hit ? ", flagged" : ""}`).join("; ");
    const about = [`${data.sets[row.set]}, ${row.id}.`, row.reason ? `Not scored: ${row.reason}.` : "", flags];
    cell.append(element("div", "text", row.prefix), element("p", "meta", about.filter(Boolean).join(" ")));
    const pair = element("div", "pair");
    if (row.exact !== null) {
      const [truth, shown] = aligned(row.suffix, row.continuation);
      pair.append(marked("true rest", truth), marked("continuation", shown));
    } else if (row.suffix) pair.append(marked("true rest", aligned(row.suffix, row.suffix)[0]));
    cell.append(pair);
    detail.replaceChildren(cell);
  }

  function draw() {
    heads();
    const rows = shownRows();
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    const part = rows.slice(state.page * PAGE, (state.page + 1) * PAGE);
    document.getElementById("probe-rows").replaceChildren(...part.flatMap(rowsOf));
    document.getElementById("probe-count").textContent =
      `${rows.length.toLocaleString("en")} of ${items.length.toLocaleString("en")} items`;
    document.getElementById("probe-page").textContent = `page ${state.page + 1} of ${pages}`;
    input("previous").disabled = state.page === 0;
    input("next").disabled = state.page >= pages - 1;
  }

  function restart() {
    state.page = 0;
    draw();
  }

  setSelect.replaceChildren(...[["", "all sets"], ...data.sets.map((name, place) => [place, name])].map(
    ([value, text]) => {
      const option = element("option", "", text);
      option.value = value;
      return option;
    }));
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(restart, 120);
  });
  for (const select of [setSelect, filterSelect]) select.addEventListener("change", restart);
  document.querySelector(".filters").addEventListener("submit", event => event.preventDefault());
  for (const [name, step] of [["previous", -1], ["next", 1]]) {
    input(name).addEventListener("click", () => {
      state.page += step;
      draw();
    });
  }
  document.getElementById("probe-csv").addEventListener("click", () => {
    const tests = [...new Set(items.flatMap(row => row.flags.map(flag => flag[0])))];
    const titles = ["set", "id", "part", "prefix", "true rest", "continuation", "exact match", "ROUGE-L",
      "log-probability per token", ...tests.flatMap(test => [`${test}: q`, `${test}: flagged`])];
    const rows = shownRows().map(row => [
      data.sets[row.set], row.id, row.group, row.prefix, row.suffix, row.continuation, row.exact,
      row.rouge, row.logprob, ...tests.flatMap(test => {
        const flag = row.flags.find(other => other[0] === test);
        return flag ? [flag[1], flag[2]] : [null, null];
      })]);
    saveFile("items.csv", "text/csv", csvOf([titles, ...rows]));
  });
  browser.hidden = false;
  draw();
})();
