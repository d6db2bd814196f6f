// Downloads: the results as CSV, and each figure as SVG.
(() => {
  const parse = id => JSON.parse(document.getElementById(id).textContent);
  document.getElementById("downloads").hidden = false;
  document.getElementById("results-csv").addEventListener("click", () => {
    const columns = parse("results-data");
    const rows = columns[0].rows.map((_, row) => columns.map(
      ({texts, rows}) => texts ? texts[rows[row]] : rows[row]));
    saveFile("results.csv", "text/csv", csvOf([columns.map(column => column.name), ...rows]));
  });

  const style = getComputedStyle(document.documentElement);
  const svgText = svg => {
    const copy = svg.cloneNode(true);
    const [, , width, height] = svg.getAttribute("viewBox").split(/[\s,]+/);
    copy.setAttribute("xmlns", svg.namespaceURI);
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    const text = new XMLSerializer().serializeToString(copy);
    const start = text.indexOf(">") + 1;
    const paper = '<rect width="100%" height="100%" style="fill: var(--card)"/>';
    return (text.slice(0, start) + paper + text.slice(start)).replace(
      /var\((--[\w-]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
  };
  for (const panel of document.querySelectorAll("figure.panel")) {
    const svg = panel.querySelector("svg");
    const title = panel.querySelector("h3").textContent;
    const button = element("button", "download", "SVG");
    button.type = "button";
    button.setAttribute("aria-label", `Save ${title} as SVG`);
    button.addEventListener("click", () => {
      const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
      saveFile(`${name || "figure"}.svg`, "image/svg+xml", svgText(svg));
    });
    panel.querySelector("figcaption").append(button);
  }
})();
