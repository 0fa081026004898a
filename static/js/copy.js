// button[data-copy]: puts its value on the clipboard and says so.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without TLS a browser offers only the old way.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "vh";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  await copy(button.dataset.copy);
  button.focus();
  const use = button.querySelector("use");
  const announcer = document.getElementById("announcer");
  use.setAttribute("href", "#i-check");
  announcer.textContent = announcer.dataset.copied;
  setTimeout(() => {
    use.setAttribute("href", "#i-copy");
    announcer.textContent = "";
  }, 2000);
});
