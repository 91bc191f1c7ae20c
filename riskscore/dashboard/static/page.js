// What several scripts use. It does nothing by itself, so that it may be loaded under any address.

export function say(message) {
  document.querySelector(".toast")?.remove();
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "status");
  box.textContent = message;
  document.body.append(box);
  setTimeout(() => box.remove(), 6000);
}

/** Send JSON as this page's session may; gives the decoded answer, or throws an Error with the problem's words. */
export async function send(address, body) {
  const token = document.querySelector("input[name=form_token]")?.value ?? "";
  const answer = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", "x-form-token": token },
    body: JSON.stringify(body),
  });
  const kind = answer.headers.get("content-type") ?? "";
  const content = kind.includes("json") ? await answer.json() : null;
  if (!answer.ok) {
    throw new Error(content?.detail ?? `The server answered with status ${answer.status}.`);
  }
  return content;
}

export const typing = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]") !== null;
