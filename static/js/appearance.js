// Theme, density, and whether the help stands open: what was chosen is kept in this browser and applied before the page is painted.
const root = document.documentElement;
const choices = { theme: ["system", "light", "dark"], density: ["comfortable", "compact"], help: ["page", "open", "closed"] };

function chosen(kind) {
  try {
    const kept = localStorage.getItem(kind);
    return choices[kind].includes(kept) ? kept : choices[kind][0];
  } catch {
    return root.dataset[kind] || choices[kind][0]; // Storage may be forbidden; the choice then lives as long as the page.
  }
}

function keep(kind, value) {
  try {
    localStorage.setItem(kind, value);
  } catch {
    // Nothing is lost but the memory of it.
  }
  root.dataset[kind] = value;
}

function label() {
  for (const button of document.querySelectorAll("[data-switch]")) {
    button.setAttribute("aria-label", button.dataset[chosen(button.dataset.switch)]);
    button.title = button.getAttribute("aria-label");
  }
}

root.dataset.js = "";
for (const kind of Object.keys(choices)) root.dataset[kind] = chosen(kind);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-switch]");
  if (!button) return;
  const values = choices[button.dataset.switch];
  keep(button.dataset.switch, values[(values.indexOf(chosen(button.dataset.switch)) + 1) % values.length]);
  label();
});

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", label);
else label();
