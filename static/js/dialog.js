// Dialogs that htmx loads into a slot: opened as modal ones, closed by Escape, by [data-close], or by what the server answers.
// The browser gives the focus back to the button that the dialog was opened with.
function open(dialog) {
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("htmx:afterSwap", () => document.querySelectorAll("dialog[data-dialog]").forEach(open));

document.addEventListener("click", (event) => {
  const closer = event.target.closest("dialog[data-dialog] [data-close]");
  if (!closer) return;
  event.preventDefault();
  closer.closest("dialog").close();
});

// The event does not bubble, so it is caught on its way down.
document.addEventListener("close", (event) => event.target.matches("[data-dialog]") && event.target.remove(), true);
