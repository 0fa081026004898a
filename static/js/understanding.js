// While a key is pasted: the errors arrive beside the fields, and the fields are marked without being replaced, so that
// nobody loses the cursor. What was asked about an older form is forgotten when the form is replaced.
const panel = () => document.getElementById("understood");

function mark(slot) {
  const control = document.getElementById(slot.dataset.errorsOf);
  const help = `${control.id}_helptext`;
  if (slot.childElementCount) {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", `${help} ${slot.id}`);
  } else {
    control.removeAttribute("aria-invalid");
    control.setAttribute("aria-describedby", help);
  }
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target === panel()) document.querySelectorAll("[data-errors-of]").forEach(mark);
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const elt = panel();
  if (elt && detail.requestConfig.elt !== elt && detail.target.contains(elt) && detail.target !== elt) {
    elt.dispatchEvent(new CustomEvent("htmx:abort", { bubbles: true, detail: { elt } }));
  }
});
