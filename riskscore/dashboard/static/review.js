// Reviewing by keyboard: j and k through articles or sentences; marking evidence, severity, stage, direction.
import { say, typing } from "./page.js";

/** Lets j and k go through the rows of a list; gives the row that is current. */
function walked(list, selector) {
  const rows = [...list.querySelectorAll(selector)];
  let place = 0;
  function go(to, focus = true) {
    place = Math.max(0, Math.min(rows.length - 1, to));
    rows.forEach((row, at) => {
      row.setAttribute("aria-current", String(at === place));
      row.tabIndex = at === place ? 0 : -1;
    });
    if (focus) {
      rows[place].focus();
      rows[place].scrollIntoView({ block: "nearest" });
    }
  }
  list.addEventListener("focusin", (event) => {
    const at = rows.indexOf(event.target.closest(selector));
    if (at >= 0 && at !== place) go(at, false);
  });
  list.addEventListener("click", (event) => {
    const at = rows.indexOf(event.target.closest(selector));
    if (at >= 0) go(at, false);
  });
  document.addEventListener("keydown", (event) => {
    if (typing(event) && !event.target.closest("input[type=checkbox]")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      go(list.contains(document.activeElement) ? place + (event.key === "j" ? 1 : -1) : place);
    }
  });
  return { rows, current: () => rows[place] };
}

const review = document.querySelector("#review");
if (review) {
  const { current } = walked(review, ".item");
  review.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === current()) location.assign(current().querySelector("a").href);
  });
}

const form = document.querySelector("#correct");
if (form) {
  const passages = document.querySelector("#passages");
  const { current } = walked(passages, ".passage");
  const regimes = { c: "chips", d: "cloud_data", i: "outbound_investment" };
  const nameOf = (regime) => form.querySelector(`[data-severity=${regime}] .regime`).textContent;
  const levels = (regime) => [...form.elements[`severity_${regime}`]];

  function choose(regime, level) {
    const radio = levels(regime)[level];
    radio.checked = true;
    say(`${nameOf(regime)}: ${radio.parentElement.textContent.trim()}.`);
  }
  const chosen = (regime) => levels(regime).findIndex((radio) => radio.checked);

  /** The words that are selected within the sentences; "" for none. */
  function selected() {
    const selection = getSelection();
    const inside = selection.rangeCount && passages.contains(selection.getRangeAt(0).commonAncestorContainer);
    return inside ? selection.toString().trim() : "";
  }

  function mark(regime) {
    const words = selected();
    if (words) {
      if (/\n/.test(words)) {
        say("Select words within one sentence.");
        return;
      }
      const field = form.elements[`span_${regime}`];
      field.value = [field.value.trim(), words].filter(Boolean).join("\n");
      getSelection().removeAllRanges();
      say(`“${words.slice(0, 60)}” speaks for ${nameOf(regime)}.`);
    } else {
      const box = current().querySelector(`input[name=evidence_${regime}]`);
      box.checked = !box.checked;
      say(`${box.checked ? "Evidence" : "No evidence"} for ${nameOf(regime)}.`);
      if (!box.checked) return;
    }
    if (chosen(regime) === 0) choose(regime, 1);
  }

  function turn(select) {
    select.selectedIndex = 1 + (select.selectedIndex % (select.options.length - 1));
    say(`${form.querySelector(`label[for=${select.id}]`).textContent}: ${select.value}.`);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[value=next]"));
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event) && !event.target.closest("input[type=checkbox]")) return;
    const regime = regimes[event.key.toLowerCase()];
    if (regime && event.shiftKey) choose(regime, (chosen(regime) + 1) % levels(regime).length);
    else if (regime) mark(regime);
    else if (event.key === "s") turn(form.elements.stage);
    else if (event.key === "r") turn(form.elements.direction);
    else if (event.key === "0") Object.values(regimes).forEach((one) => choose(one, 0));
    else if (event.key === "n") form.elements.note.focus();
    else return;
    event.preventDefault();
  });
}

// Without keys for the API, people say who they are; this browser remembers it.
const REMEMBERED = "riskscore-analyst"; // as the queue of alerts does
for (const field of document.querySelectorAll("[data-author]")) {
  field.value ||= localStorage.getItem(REMEMBERED) ?? "";
  field.addEventListener("change", () => localStorage.setItem(REMEMBERED, field.value));
}
