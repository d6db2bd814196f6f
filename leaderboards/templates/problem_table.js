// The table of every problem: search, filters, sorting, and rows that open.
(() => {
  const browser = document.getElementById("problem-browser");
  if (!browser) return;
  const embedded = document.getElementById("problem-data");
  const data = embedded ? JSON.parse(embedded.textContent) : window.cleanBenchProblems;
  if (!data) {
    document.getElementById("no-problems").hidden = false;
    return;
  }
  const PAGE = window.matchMedia("(max-width: 720px)").matches ? 10 : 25;
  const PREVIEW = 110;
  const input = name => document.getElementById(`problem-${name}`);
  const [search, modelSelect, setSelect, checkpointSelect, filterSelect] =
    ["search", "model", "set", "checkpoint", "filter"].map(input);

  // A completion is [mode, text, grade, score, extracted, cut off]; the answers of a checkpoint are
  // [correct, decided, cut off, completions, shown].
  const problems = data.models.map(model => model.rows.map(
    ([set, id, text, gold, memorized, copies, answers], order) =>
      ({set, id, text, gold, memorized, copies, answers, order})));
  const greedyOf = answers => answers && answers[4].find(completion => completion[0] === "greedy");
  const share = answers => answers && answers[1] ? answers[0] / answers[1] : null;
  // Whether a checkpoint solves a problem: its greedy answer, else most of the sampled ones.
  const solved = answers => {
    const greedy = greedyOf(answers);
    if (greedy) return greedy[3] === null ? null : greedy[3] === 1;
    const part = share(answers);
    return part === null ? null : part > 0.5;
  };
  const before = row => row.answers[0];
  const after = row => row.answers[state.checkpoint];
  const change = row => {
    const [old, now] = [solved(before(row)), solved(after(row))];
    if (old === null || now === null || old === now) return 0;
    return now ? 1 : -1;
  };
  const rise = row => {
    const [old, now] = [share(before(row)), share(after(row))];
    return old === null || now === null ? null : now - old;
  };
  const words = row => row.words ??= [
    row.id, row.text, row.gold,
    ...row.answers.flatMap(answers => answers ? answers[4].flatMap(shown => [shown[1], shown[4]]) : []),
  ].join("\n").toLowerCase();

  const checkpointName = () => data.models[state.model].checkpoints[state.checkpoint];
  const columns = [
    {key: "problem", title: () => "problem", value: row => row.text.toLowerCase()},
    {key: "set", title: () => "set", value: row => row.set},
    {key: "gold", title: () => "gold", value: row => row.gold},
    {key: "memorized", title: () => "memorized",
      value: row => row.memorized === null ? null : Number(row.memorized) + (row.copies || 0) / 1e9},
    {key: "before", title: () => "base", value: row => level(before(row))},
    {key: "after", title: checkpointName, value: row => level(after(row))},
    {key: "change", title: () => "change", value: row => rise(row) ?? change(row)},
  ];
  const level = answers => {
    const greedy = solved(answers);
    return answers ? (share(answers) ?? 0) + (greedy ? 2 : 0) : null;
  };

  const state = {model: 0, checkpoint: 1, page: 0, sort: null, down: false, open: new Set()};
  // A base alone has nothing to compare with.
  const shownColumns = () => columns.filter(
    ({key}) => hasAfter() || (key !== "after" && key !== "change"));
  const hasAfter = () => data.models[state.model].checkpoints.length > 1;

  const FILTERS = {
    "flipped-right": row => change(row) > 0,
    "flipped-wrong": row => change(row) < 0,
    memorized: row => row.memorized === true,
    cut: row => [before(row), after(row)].some(answers => answers && answers[2] > 0),
  };

  function shownRows() {
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const filter = FILTERS[filterSelect.value];
    const rows = problems[state.model].filter(row =>
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
    const row = document.getElementById("problem-heads");
    row.replaceChildren(...shownColumns().map(({key, title}) => {
      const head = element("th");
      head.scope = "col";
      const sorted = state.sort === key;
      head.setAttribute("aria-sort", sorted ? (state.down ? "descending" : "ascending") : "none");
      const button = element("button", "sort", title() ?? "");
      button.type = "button";
      button.dataset.key = key;
      button.append(element("span", "arrow", sorted ? (state.down ? " ▼" : " ▲") : ""));
      button.addEventListener("click", () => {
        // Numbers begin with the largest; a third click restores the order of the sets.
        const first = key !== "problem" && key !== "set" && key !== "gold";
        if (!sorted) [state.sort, state.down] = [key, first];
        else if (state.down === first) state.down = !first;
        else state.sort = null;
        state.page = 0;
        draw();
        document.querySelector(`#problem-heads [data-key="${key}"]`).focus();
      });
      head.append(button);
      return head;
    }));
  }

  function verdict(score, grade) {
    const kind = score === 1 ? "right" : score === 0 ? "wrong" : "undecided";
    const text = grade === "equal" || grade === "different" || !grade ? kind : grade;
    return element("span", `verdict ${kind}`, text);
  }

  function answersCell(answers, label) {
    const cell = element("td", "answers");
    cell.dataset.label = label;
    if (!answers) {
      cell.textContent = "–";
      return cell;
    }
    const greedy = greedyOf(answers);
    if (greedy) cell.append(verdict(greedy[3], greedy[2]), " ");
    if (answers[1]) cell.append(element("span", "counts", `${answers[0]}/${answers[1]}`));
    if (answers[2]) cell.append(" ", element("span", "cut", `${answers[2]} cut off`));
    return cell;
  }

  function labelled(label, text, className) {
    const cell = element("td", className, text);
    cell.dataset.label = label;
    return cell;
  }

  function rowsOf(row, number) {
    const line = element("tr", "problem");
    const first = element("th");
    first.scope = "row";
    const open = state.open.has(row);
    const toggle = element("button", "toggle");
    toggle.type = "button";
    toggle.setAttribute("aria-expanded", String(open));
    toggle.setAttribute("aria-controls", `problem-detail-${number}`);
    const preview = row.text.length > PREVIEW ? `${row.text.slice(0, PREVIEW)}…` : row.text;
    toggle.append(element("span", "chevron", open ? "▾" : "▸"), element("span", "preview", preview));
    first.append(toggle);
    const memorized = row.memorized === null ? "–" : row.memorized ? "yes" : "no";
    const copies = row.copies ? `, ${row.copies.toLocaleString("en")} ${row.copies === 1 ? "copy" : "copies"}` : "";
    line.append(first, labelled("set", data.sets[row.set]), labelled("gold", row.gold, "gold"),
      labelled("memorized", memorized + copies), answersCell(before(row), "base"));
    if (hasAfter()) {
      const points = rise(row);
      const flip = {1: "flipped right", [-1]: "flipped wrong", 0: ""}[change(row)];
      const cell = labelled("change", null, "change");
      if (points !== null) {
        const text = Math.round(100 * points);
        cell.append(element("span", points > 0 ? "up" : points < 0 ? "down" : "",
          text > 0 ? `+${text}` : text < 0 ? `\u2212${-text}` : "0"));
      }
      if (flip) cell.append(" ", element("span", "flip", flip));
      line.append(answersCell(after(row), checkpointName()), cell);
    }
    const detail = element("tr", "detail");
    detail.id = `problem-detail-${number}`;
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

  function fill(detail, row) {
    const cell = element("td");
    cell.colSpan = shownColumns().length;
    const text = element("div", "text", row.text);
    const about = element("p", "meta", `${data.sets[row.set]}, ${row.id}. Gold answer: ${row.gold || "none"}`);
    const grid = element("div", "completions");
    row.answers.forEach((answers, place) => {
      if (!answers) return;
      const box = element("div", "checkpoint");
      const name = data.models[state.model].checkpoints[place];
      box.append(element("h4", "", answers[1] ? `${name}: ${answers[0]} of ${answers[1]} sampled right` : name));
      for (const [mode, response, grade, score, extracted, cut] of answers[4]) {
        const line = element("p", "meta", mode === "greedy" ? "greedy " : "sampled ");
        line.append(verdict(score, grade));
        if (extracted !== null) line.append(" answer ", element("code", "", extracted));
        if (cut) line.append(" ", element("span", "cut", "cut off"));
        box.append(line, element("div", "text", response));
      }
      grid.append(box);
    });
    cell.append(text, about, grid);
    detail.replaceChildren(cell);
  }

  function draw() {
    heads();
    const rows = shownRows();
    const all = problems[state.model].length;
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    const part = rows.slice(state.page * PAGE, (state.page + 1) * PAGE);
    document.getElementById("problem-rows").replaceChildren(...part.flatMap(rowsOf));
    document.getElementById("problem-count").textContent =
      `${rows.length.toLocaleString("en")} of ${all.toLocaleString("en")} problems`;
    document.getElementById("problem-page").textContent = `page ${state.page + 1} of ${pages}`;
    input("previous").disabled = state.page === 0;
    input("next").disabled = state.page >= pages - 1;
  }

  function restart() {
    state.page = 0;
    draw();
  }

  function options(select, names) {
    select.replaceChildren(...names.map(([value, text]) => {
      const option = element("option", "", text);
      option.value = value;
      return option;
    }));
    select.parentElement.hidden = names.length < 2;
  }

  function chooseModel() {
    state.model = Number(modelSelect.value);
    const names = data.models[state.model].checkpoints;
    options(checkpointSelect, names.slice(1).map((name, place) => [place + 1, name]));
    state.checkpoint = Math.min(1, names.length - 1);
    state.open.clear();
    restart();
  }

  options(modelSelect, data.models.map((model, place) => [place, model.name]));
  options(setSelect, [["", "all sets"], ...data.sets.map((name, place) => [place, name])]);
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(restart, 120);
  });
  modelSelect.addEventListener("change", chooseModel);
  checkpointSelect.addEventListener("change", () => {
    state.checkpoint = Number(checkpointSelect.value);
    restart();
  });
  for (const select of [setSelect, filterSelect]) select.addEventListener("change", restart);
  document.querySelector(".filters").addEventListener("submit", event => event.preventDefault());
  for (const [name, step] of [["previous", -1], ["next", 1]]) {
    input(name).addEventListener("click", () => {
      state.page += step;
      draw();
    });
  }
  document.getElementById("problems-csv").addEventListener("click", () => {
    const names = data.models[state.model].checkpoints;
    const titles = ["model", "set", "id", "problem", "gold", "memorized", "copies", ...names.flatMap(
      name => ["greedy grade", "greedy answer", "sampled right", "sampled", "cut off"].map(
        title => `${name}: ${title}`))];
    const rows = shownRows().map(row => [
      data.models[state.model].name, data.sets[row.set], row.id, row.text, row.gold, row.memorized,
      row.copies, ...row.answers.flatMap(answers => {
        if (!answers) return [null, null, null, null, null];
        const greedy = greedyOf(answers) ?? [];
        return [greedy[2], greedy[4], answers[0], answers[1], answers[2]];
      })]);
    saveFile("problems.csv", "text/csv", csvOf([titles, ...rows]));
  });
  browser.hidden = false;
  chooseModel();
})();
