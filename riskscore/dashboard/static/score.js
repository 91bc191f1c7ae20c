// Files dropped on the form, and a file of articles scored piece by piece.
import { say, send } from "./page.js";

const article = document.querySelector("#article");
const field = (name) => article.elements[name];

async function openArticle(file) {
  const text = await file.text();
  const name = file.name.toLowerCase();
  if (name.endsWith(".json")) {
    let given;
    try {
      given = JSON.parse(text);
    } catch {
      say(`${file.name} is no JSON.`);
      return;
    }
    for (const part of ["title", "source", "published_at", "url"]) field(part).value = given[part] ?? "";
    field("body").value = given.text ?? given.html ?? "";
    field("kind").value = given.html === undefined ? "text" : "html";
  } else if (name.endsWith(".html") || name.endsWith(".htm")) {
    field("body").value = text;
    field("kind").value = "html";
  } else {
    field("body").value = text;
    field("kind").value = "text";
  }
  say(`${file.name} is in the form.`);
  field("body").focus();
}

function takesFiles(box, take) {
  for (const kind of ["dragenter", "dragover"]) {
    box.addEventListener(kind, (event) => {
      event.preventDefault();
      box.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) box.addEventListener(kind, () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
}

takesFiles(article, openArticle);
document.querySelector("#file").addEventListener("change", (event) => openArticle(event.target.files[0]));

/** Rows of a CSV text (RFC 4180), quotes and line breaks within them included. */
export function* csvRows(text) {
  let row = [], cell = "", quoted = false;
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') { cell += '"'; at += 1; } else quoted = false;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === ",") { row.push(cell); cell = ""; } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[at + 1] === "\n") at += 1;
      row.push(cell);
      if (row.length > 1 || row[0] !== "") yield row;
      row = []; cell = "";
    } else cell += sign;
  }
  if (cell !== "" || row.length) yield [...row, cell];
}

const KNOWN = ["id", "title", "text", "html", "url", "source", "published_at", "language"];
const ALSO = { headline: "title", body: "text", content: "text", date: "published_at", published: "published_at", link: "url", publisher: "source" };

function tidy(given) {
  const item = {};
  for (const [name, value] of Object.entries(given)) {
    const known = KNOWN.includes(name) ? name : ALSO[name];
    if (known && value !== null && value !== undefined && String(value).trim() !== "") item[known] ??= String(value);
  }
  return item;
}

function itemsOf(name, text) {
  if (name.toLowerCase().endsWith(".csv")) {
    const [header, ...rows] = csvRows(text);
    const names = (header ?? []).map((one) => one.trim().toLowerCase());
    return rows.map((row) => tidy(Object.fromEntries(names.map((one, place) => [one, row[place]]))));
  }
  const whole = text.trimStart();
  if (whole.startsWith("[")) return JSON.parse(whole).map(tidy);
  return text.split("\n").filter((line) => line.trim() !== "").map((line, place) => {
    try {
      return tidy(JSON.parse(line));
    } catch {
      throw new Error(`Line ${place + 1} is no JSON.`);
    }
  });
}

const batch = document.querySelector("#batch-form");
if (batch) {
  const MOST_SHOWN = 500, MOST_CHARACTERS = 400_000;
  const most = Math.min(25, Number(batch.dataset.most));
  const part = (name) => document.querySelector(`#batch-${name}`);
  const regimes = [...document.querySelectorAll("th[data-regime]")].map((one) => one.dataset.regime);
  let results = [], stopped = false;

  const chosen = () => { part("start").disabled = part("file").files.length === 0; };
  part("file").addEventListener("change", chosen);
  takesFiles(batch, (file) => {
    const held = new DataTransfer();
    held.items.add(file);
    part("file").files = held.files;
    chosen();
  });
  part("stop").addEventListener("click", () => { stopped = true; });

  function* piecesOf(items) {
    let piece = [], size = 0;
    for (const item of items) {
      const length = (item.text ?? item.html ?? "").length;
      if (piece.length === most || (piece.length && size + length > MOST_CHARACTERS)) {
        yield piece;
        piece = []; size = 0;
      }
      piece.push(item);
      size += length;
    }
    if (piece.length) yield piece;
  }

  function cell(kind, content, style) {
    const made = document.createElement(kind);
    if (style) made.className = style;
    made.append(content);
    return made;
  }

  function rowOf(result) {
    const row = document.createElement("tr");
    const name = result.title || result.id || "(no headline)";
    let shown = name;
    if (result.article_id) {
      shown = document.createElement("a");
      shown.href = `/articles/${encodeURIComponent(result.article_id)}`;
      shown.textContent = name;
    }
    const head = cell("th", shown);
    head.scope = "row";
    row.append(head);
    if (result.fault || result.abstain_reason) {
      const told = cell("td", result.fault ?? `Not scored: ${result.abstain_reason}`, result.fault ? "bad" : "quiet");
      told.colSpan = regimes.length + 2;
      row.append(told);
      return row;
    }
    row.append(cell("td", result.score.toFixed(0), "num strong"));
    for (const regime of regimes) {
      const one = result.regimes[regime];
      row.append(cell("td", one.flagged ? cell("span", `${one.severity} ${one.score.toFixed(0)}`, `sev sev-${one.severity}`) : cell("span", one.score.toFixed(0), "quiet")));
    }
    row.append(cell("td", result.companies.join(", ")));
    return row;
  }

  const strength = (result) => result.score ?? -1;
  function show(done, all) {
    results.sort((one, other) => strength(other) - strength(one));
    part("rows").replaceChildren(...results.slice(0, MOST_SHOWN).map(rowOf));
    const flagged = results.filter((one) => one.regimes && Object.values(one.regimes).some((regime) => regime.flagged)).length;
    const faults = results.filter((one) => one.fault).length;
    part("told").textContent = `${done} of ${all} articles, ${flagged} flagged${faults ? `, ${faults} with a fault` : ""}${results.length > MOST_SHOWN ? `; the highest ${MOST_SHOWN} are shown` : ""}.`;
    part("bar").max = all;
    part("bar").value = done;
  }

  batch.addEventListener("submit", async (event) => {
    event.preventDefault();
    const file = part("file").files[0];
    let items;
    try {
      items = itemsOf(file.name, await file.text());
    } catch (error) {
      say(error.message);
      return;
    }
    if (!items.length) {
      say("The file has no articles.");
      return;
    }
    results = []; stopped = false;
    part("progress").hidden = part("stop").hidden = false;
    part("save").hidden = true;
    part("start").disabled = true;
    let done = 0;
    show(0, items.length);
    for (const piece of piecesOf(items)) {
      if (stopped) break;
      try {
        const answer = await send("/score/batch", { items: piece, keep: part("keep")?.checked ?? false });
        results.push(...answer.results);
      } catch (error) {
        results.push(...piece.map((item) => ({ id: item.id, title: item.title, fault: error.message })));
      }
      done += piece.length;
      show(done, items.length);
    }
    part("stop").hidden = true;
    part("save").hidden = part("start").disabled = false;
    say(stopped ? "Stopped." : "Done.");
  });

  part("save").addEventListener("click", () => {
    // A cell that begins so would be a formula to a spreadsheet.
    const written = (value) => `"${String(value ?? "").replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
    const lines = [["id", "title", "score", ...regimes.flatMap((one) => [`${one}_score`, `${one}_severity`]), "exposed", "article_id", "fault"].join(",")];
    for (const one of results) {
      lines.push([one.id, one.title, one.score?.toFixed(2), ...regimes.flatMap((regime) => [one.regimes?.[regime]?.score.toFixed(2), one.regimes?.[regime]?.severity]), one.companies?.join("; "), one.article_id, one.fault ?? one.abstain_reason].map(written).join(","));
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\r\n")], { type: "text/csv" }));
    link.download = "riskscore-results.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}
