// form[data-draft]: what stands in it unsent is kept for as long as the tab, for the person that data-draft names, and comes
// back with the page. private-key.js sees every event before: what it throws away never gets here. Ctrl+Enter sends the form.
const PREFIX = "draft ";
const draft = () => document.querySelector("form[data-draft]");
const place = (form) => `${PREFIX}${form.dataset.draft} ${form.getAttribute("action")}`;

function ask(storage) {
  try {
    return storage(sessionStorage);
  } catch {
    return null; // Storage may be forbidden: nothing is lost but the memory of it.
  }
}

function forget(isToGo) {
  ask((kept) => Object.keys(kept).filter((name) => name.startsWith(PREFIX) && isToGo(name)).forEach((name) => kept.removeItem(name)));
}

function keep(form) {
  const text = form.querySelector("textarea");
  if (!text.value) return forget((name) => name === place(form));
  const values = Object.fromEntries([...form.querySelectorAll("select, textarea")].map((field) => [field.name, field.value]));
  ask((kept) => kept.setItem(place(form), JSON.stringify(values)));
}

function bringBack(form) {
  forget((name) => !name.startsWith(`${PREFIX}${form.dataset.draft} `)); // Somebody else's, who is not signed in any more.
  const text = form.querySelector("textarea");
  const values = ask((kept) => JSON.parse(kept.getItem(place(form))));
  if (text.value || !values) return keep(form);
  for (const field of form.querySelectorAll("select, textarea")) {
    const chosen = values[field.name] ?? field.value;
    if (!field.options || [...field.options].some((option) => option.value === chosen)) field.value = chosen;
  }
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const type of ["input", "change", "thrown-away"]) {
  document.addEventListener(type, ({ target }) => target.form?.matches("[data-draft]") && keep(target.form), type === "thrown-away");
}
// What the server puts in the form's place is what is left to send: nothing after it was taken, all of it after a refusal.
document.addEventListener("htmx:afterSwap", ({ target }) => target.matches?.("[data-draft]") && keep(draft()));
document.addEventListener("submit", ({ target }) => target.matches("[data-signs-out]") && forget(() => true), true);
document.addEventListener("keydown", (event) => {
  const form = event.target.form;
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !form?.matches("[data-draft]")) return;
  event.preventDefault();
  const button = form.querySelector(".button-primary");
  if (!button.disabled) form.requestSubmit(button);
});
document.addEventListener("DOMContentLoaded", () => draft() && bringBack(draft())); // After htmx, which shows what it is.
