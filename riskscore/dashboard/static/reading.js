// Notes on marked words, on hover and on focus; which regime is highlighted.

const tip = document.createElement("div");
tip.className = "tip";
tip.id = "tip";
tip.setAttribute("role", "tooltip");
tip.hidden = true;
document.body.append(tip);
let owner = null;

function show(mark, notes) {
  hide();
  const lines = mark.dataset.notes.split(" ").map((place) => notes[Number(place)]);
  tip.replaceChildren(...lines.map((note) => {
    const line = document.createElement("p");
    const head = document.createElement("strong");
    head.textContent = note.head;
    line.append(head, ` ${note.text}`);
    return line;
  }));
  tip.hidden = false;
  owner = mark;
  mark.setAttribute("aria-describedby", "tip");
  const place = mark.getClientRects()[0];
  const left = Math.min(place.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
  const above = place.top > tip.offsetHeight + 12;
  tip.style.left = `${Math.max(8, left) + scrollX}px`;
  tip.style.top = `${(above ? place.top - tip.offsetHeight - 6 : mark.getBoundingClientRect().bottom + 6) + scrollY}px`;
}

function hide() {
  owner?.removeAttribute("aria-describedby");
  owner = null;
  tip.hidden = true;
}

for (const text of document.querySelectorAll("[data-reading]")) {
  const notes = JSON.parse(text.querySelector("[data-notes-of]").textContent);
  for (const kind of ["mouseover", "focusin"]) {
    text.addEventListener(kind, (event) => {
      const mark = event.target.closest("mark[data-notes]");
      if (mark && text.dataset.show !== "none") show(mark, notes);
    });
  }
  for (const kind of ["mouseout", "focusout"]) text.addEventListener(kind, hide);
  for (const choice of document.querySelectorAll("input[name=show]")) {
    choice.addEventListener("change", () => {
      text.dataset.show = choice.value;
    });
  }
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hide();
});
