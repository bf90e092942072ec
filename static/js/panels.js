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
  if (target.closest?.("[data-toggle-context]")) {
    event.preventDefault();
    toggleContext();
  }
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

// A choice made in a menu closes it: a button that submits does nothing to its popover by itself.
document.addEventListener("submit", (event) => event.target.closest?.("[popover]")?.hidePopover());

// The customer's panel: a drawer that takes the focus and gives it back, or, where there is room, a column to put away.
const roomy = matchMedia("(width >= 80rem)");
let opener = null;

export function toggleContext() {
  if (roomy.matches) {
    document.body.toggleAttribute("data-no-context");
    return;
  }
  const panel = document.querySelector(".pane--context");
  if (!panel) return;
  if (panel.toggleAttribute("data-open")) {
    opener = document.activeElement;
    panel.querySelector("[data-toggle-context]")?.focus();
  } else {
    (opener?.isConnected && opener !== document.body ? opener : document.querySelector(".chat-bar [data-toggle-context]"))?.focus();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !roomy.matches && !document.querySelector("dialog[open], :popover-open, details[data-menu][open]") && document.querySelector(".pane--context[data-open]")) toggleContext();
});

// A dialog that the server sent is shown at once.
document.addEventListener("htmx:after:swap", () => {
  for (const dialog of document.querySelectorAll("dialog[data-show]:not([open])")) dialog.showModal();
});

