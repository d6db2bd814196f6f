"use strict";
// Folded parts are open in print; afterwards they are as the reader left them.
(() => {
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    opened = [];
  });
  // On a narrow screen the contents would push the question off the first screen.
  const contents = document.querySelector(".contents details");
  if (contents && !window.matchMedia("(min-width: 1100px)").matches) contents.open = false;
})();

// An element with a class and text. Text of the run is only ever set as text, never as markup.
function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined && text !== null) made.textContent = String(text);
  return made;
}

// Offer a text as a file.
function saveFile(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// Rows of cells as CSV. A spreadsheet would run a cell that begins with one of =+-@ as a formula: such
// text gets an apostrophe, numbers stay as they are.
function csvOf(rows) {
  const cell = value => {
    if (value === null || value === undefined) return "";
    let text = String(value);
    if (/^[=+\-@\t\r]/.test(text) && !/^-?[\d.]+(e[-+]?\d+)?$/i.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  return rows.map(row => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
