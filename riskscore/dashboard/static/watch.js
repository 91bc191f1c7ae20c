// The fields that a kind of watch has; and no saving of what was changed since it was previewed.

const form = document.querySelector("#watch");
const kind = form.elements.rule_kind;
const save = document.querySelector("#save");

function fit() {
  for (const part of form.querySelectorAll("[data-kind]")) part.hidden = part.dataset.kind !== kind.value;
}
kind.addEventListener("change", fit);
fit();

const free = new Set(["name", "endpoint_id"]); // they change nothing of what is sent
form.addEventListener("input", (event) => {
  if (!free.has(event.target.name) && !save.disabled) {
    save.disabled = true;
    save.title = "Preview it again: the rule has changed.";
  }
});
document.querySelector("#preview")?.scrollIntoView({ block: "nearest" });
