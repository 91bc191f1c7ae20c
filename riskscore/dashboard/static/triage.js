// Going through the queue by keyboard: j and k, then e, d, m or n; the dialog asks for the reason.
import { say, send, typing } from "./page.js";

const queue = document.querySelector("#queue");
const dialog = document.querySelector("#decide");
if (queue && dialog) {
  const form = document.querySelector("#decide-form");
  const fault = document.querySelector("#decide-fault");
  const rows = [...queue.querySelectorAll(".alert")];
  const words = { escalate: "escalated", dismiss: "dismissed", monitor: "monitored" };
  const keys = { e: "escalate", d: "dismiss", m: "monitor", n: null };
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
  go(0, false);
  queue.addEventListener("focusin", (event) => {
    const row = rows.indexOf(event.target.closest(".alert"));
    if (row >= 0 && row !== place) go(row, false);
  });

  function ask(decision) {
    document.querySelector("#decide-title").textContent = rows[place].querySelector("h2").textContent;
    for (const choice of form.elements.decision) choice.checked = choice.value === decision;
    fault.hidden = true;
    dialog.showModal();
    if (decision === null) form.elements.note.focus();
    else form.elements.reason.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (dialog.open || typing(event)) return;
    if (event.key === "j" || event.key === "k") {
      const began = queue.contains(document.activeElement);
      go(began ? place + (event.key === "j" ? 1 : -1) : place);
    } else if (event.key in keys) {
      ask(keys[event.key]);
    } else if (event.key === "o") {
      location.assign(`/articles/${encodeURIComponent(rows[place].dataset.article)}`);
    } else if (event.key === "Enter" && event.target === rows[place]) {
      location.assign(rows[place].querySelector("a").href);
    } else {
      return;
    }
    event.preventDefault();
  });
  document.querySelector("#decide-leave").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => rows[place].focus());

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const row = rows[place];
    const decision = form.elements.decision.value;
    const body = { decision, reason: form.elements.reason.value, note: form.elements.note.value || null };
    body.user = form.elements.user?.value ?? "signed in";
    try {
      await send(`/alerts/${encodeURIComponent(row.dataset.alert)}/triage`, body);
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
      return;
    }
    const state = row.querySelector("[data-status]");
    state.textContent = words[decision];
    state.className = `state state-${decision}`;
    row.classList.add("settled");
    form.elements.note.value = "";
    dialog.close(); // which gives the focus back to this row
    go(place + 1);
    say(`${row.querySelector("h2").textContent.split(":")[0]}: ${words[decision]}.`);
  });
}

for (const field of document.querySelectorAll("[data-remember]")) {
  field.value = localStorage.getItem(field.dataset.remember) ?? "";
  field.addEventListener("change", () => localStorage.setItem(field.dataset.remember, field.value));
}
