// Things that open over the page: native dialogs, the contact drawer, menus made of <details>.
document.addEventListener("click", (event) => {
  const target = event.target;
  const opener = target.closest?.("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog && !dialog.open) {
      event.preventDefault();
      dialog.showModal();
    }
  }
  if (target.closest?.("[data-close-dialog]")) target.closest("dialog")?.close();
  if (target.closest?.("[data-toggle-context]")) toggleContext();
  for (const menu of document.querySelectorAll("details[data-menu][open], details.me-menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
  const copy = target.closest?.("[data-copy-text]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copyText);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open], details.me-menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

export function toggleContext() {
  document.querySelector(".pane--context")?.toggleAttribute("data-open");
}

// A dialog that the server sent is shown at once.
document.addEventListener("htmx:after:swap", () => {
  for (const dialog of document.querySelectorAll("dialog[data-show]:not([open])")) dialog.showModal();
});

