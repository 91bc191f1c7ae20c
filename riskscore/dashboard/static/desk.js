// On every page: a key to the search field, and questions before what cannot be undone.
import { typing } from "./page.js";

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !typing(event)) {
    const field = document.querySelector("#find");
    if (field) {
      event.preventDefault();
      field.focus();
    }
  }
});

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
