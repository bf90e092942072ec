// What forms gain from a script: passwords shown on request, links copied, the browser's own time zone offered, and the
// dialog of somebody whose session ended.
function prepare() {
  for (const button of document.querySelectorAll("[data-reveal][hidden], [data-copy-text][hidden]")) button.hidden = false;
  for (const field of document.querySelectorAll("[data-own-zone]")) {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (field.value === "UTC" && own) field.value = own;
    field.removeAttribute("data-own-zone");
  }
}

prepare();
document.addEventListener("htmx:after:swap", prepare);

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-reveal]");
  if (!button) return;
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", shown);
});

// Every request without a session brings the dialog once more; one is enough, with what is typed in it.
document.addEventListener("htmx:after:swap", () => {
  const [dialog, ...more] = document.querySelectorAll("dialog[data-sign-in-again]");
  for (const again of more) again.remove();
  if (dialog && !dialog.open) dialog.showModal();
});

// Somebody else signed in here: this page is not theirs. Who is back goes on typing.
document.addEventListener("desk:signed-in", (event) => {
  const { agent } = event.detail ?? {};
  if (agent && String(agent) !== document.body.dataset.agent) location.assign("/");
  else setTimeout(() => document.activeElement === document.body && document.getElementById("message")?.focus());
});
